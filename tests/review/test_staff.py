"""The groups, what each may do, and who is put into them."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from chat.services.staffing import GROUPS
from tests.review.rows import make_person

MAY = {
    "reviewer": {
        "read_conversation",
        "triage_conversation",
        "add_review",
        "export_review",
    },
    "support": {"change_user", "view_accessrecord", "view_searchrecord", "view_user"},
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_may_do_its_own_and_nothing_of_the_others(groups, group):
    eve = make_person("eve")
    call_command("staff", "Eve@example.org", group, verbosity=0)
    eve = type(eve).objects.get(pk=eve.pk)
    assert eve.is_staff
    assert not eve.is_superuser
    held = {name.split(".")[1] for name in eve.get_all_permissions()}
    assert MAY[group] <= held
    for other in set(GROUPS) - {group}:
        assert not MAY[other] & held
    changes = {name for name in held if name.startswith(("change_", "delete_"))}
    assert changes <= {"change_user"}


def test_nobody_stays_staff_with_none_but_a_superuser(groups):
    make_person("eve", is_staff=True)
    boss = make_person("boss", is_staff=True, is_superuser=True)
    for email in ("eve@example.org", "boss@example.org"):
        call_command("staff", email, "none")
    assert list(type(boss).objects.filter(is_staff=True)) == [boss]


def test_somebody_unknown_is_said(groups):
    with pytest.raises(CommandError, match="Nobody has the address"):
        call_command("staff", "nobody@example.org", "reviewer")
