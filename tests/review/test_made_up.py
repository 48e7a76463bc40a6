"""Made-up messages fill every table that the admin lists, and go without a trace."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from chat import models
from chat.figures import figures_of
from chat.services import made_up
from tests.review.rows import make_conversation, make_message

KINDS = (
    models.User,
    models.Conversation,
    models.Message,
    models.Classification,
    models.Reply,
)


@pytest.fixture
def real(alice):
    return make_message(make_conversation(alice), "Real", bert=("joy", 0.5))


def test_they_are_made_like_real_ones_and_taken_out_again(real):
    before = [kind.objects.count() for kind in KINDS]
    assert list(made_up.make_messages(300)) == [300]
    assert list(made_up.make_messages(200)) == [200]  # on top, not instead
    made = models.Message.objects.exclude(pk=real.pk)
    assert made.count() == models.Reply.objects.count() == 500
    for reading in models.Classification.objects.exclude(message=real):
        assert sum(reading.scores.values()) == pytest.approx(1)
        assert reading.label == max(reading.scores, key=reading.scores.get)
        assert reading.conversation_id == reading.message.conversation_id
    assert figures_of(365).share_disagreeing > 0.5  # six labels drawn at random
    times = list(made.order_by("key").values_list("created_at", flat=True))
    assert len(set(made.values_list("text", flat=True))) > 300
    assert (times[-1] - times[0]).days > 100

    made_up.remove_made_up()
    assert [kind.objects.count() for kind in KINDS] == before


def test_they_are_not_mixed_with_people_by_accident(real):
    with pytest.raises(CommandError, match="There are people in this database"):
        call_command("make_messages", 20)
    assert models.Message.objects.count() == 1
