"""Never one account for two people: an address alone proves nothing.

Each test is one way in which somebody else could end up in, or be let into, an account.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.test import Client

from chat.models import User
from tests.accounts.conftest import PASSWORD, session_of
from tests.accounts.test_google import begin, come_back, sign_in

if TYPE_CHECKING:
    from tests.accounts.fake_google import FakeGoogle

ADDRESS = "alice@example.org"
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["debug", "verifying"], autouse=True)
def _both_settings(request):
    if request.param == "verifying":
        request.getfixturevalue("verifying")


@pytest.fixture
def local_alice(alice: User) -> User:
    EmailAddress.objects.create(user=alice, email=ADDRESS, primary=True, verified=True)
    return alice


def assert_told_to_sign_in_first(answer, client: Client) -> None:
    assert answer.status_code == 409
    assert "There is an account already" in answer.text
    assert session_of(client) is None


def test_local_then_google(client: Client, google: FakeGoogle, local_alice):
    google.knows("g-alice", email=ADDRESS, email_verified=True)
    assert_told_to_sign_in_first(sign_in(client, google, "g-alice"), client)
    assert not SocialAccount.objects.exists()
    assert User.objects.get().has_usable_password()


def test_local_then_google_in_other_case(client: Client, google, local_alice):
    google.knows("g-alice", email=ADDRESS.upper(), email_verified=True)
    assert_told_to_sign_in_first(sign_in(client, google, "g-alice"), client)


def test_local_then_google_that_does_not_vouch(
    client: Client, google, local_alice, settings
):
    """Google may not have verified the address: then nobody is told about accounts."""
    google.knows("mallory", email=ADDRESS, email_verified=False)
    answer = sign_in(client, google, "mallory")
    assert session_of(client) is None
    assert not SocialAccount.objects.exists()
    if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory":
        assert answer["Location"] == "/accounts/confirm-email/"
        assert mail.outbox[-1].subject == "You have an emochat account already"
    else:
        assert_told_to_sign_in_first(answer, client)


def test_the_proof_is_to_sign_in_and_connect(client: Client, google, local_alice):
    google.knows("g-alice", email=ADDRESS, email_verified=True)
    client.post("/accounts/login/", {"login": ADDRESS, "password": PASSWORD})
    asked = connect(client, google, "g-alice")
    assert asked["Location"] == "/accounts/reauthenticate/"
    assert not SocialAccount.objects.exists()
    done = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert done["Location"] == "/settings/"
    assert SocialAccount.objects.get().user == local_alice
    assert mail.outbox[-1].subject == "Google was connected to emochat"

    later = Client()
    assert sign_in(later, google, "g-alice").status_code == 302
    assert session_of(later) == str(local_alice.pk)


def connect(client: Client, google: FakeGoogle, sub: str):
    return come_back(client, google.approve(begin(client, process="connect"), sub))


def test_a_stolen_session_cannot_connect(client: Client, google, local_alice):
    google.knows("mallory", email="mallory@example.org", email_verified=True)
    client.force_login(local_alice)
    asked = connect(client, google, "mallory")
    assert asked["Location"] == "/accounts/reauthenticate/"
    client.post("/accounts/reauthenticate/", {"password": "wrong-wrong"})
    assert not SocialAccount.objects.exists()


def test_one_google_account_cannot_be_two_people(client, google, make_person):
    google.knows("g-bob", email="bob@example.org", email_verified=True)
    sign_in(Client(), google, "g-bob")
    alice = make_person(ADDRESS)
    client.force_login(alice)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    connect(client, google, "g-bob")
    assert SocialAccount.objects.get().user.email == "bob@example.org"
    assert "belongs to another account" in client.get("/settings/").text


def test_google_then_local(client: Client, google: FakeGoogle):
    """Somebody signs up here with the address of a person who came by Google."""
    google.knows("g-alice", email=ADDRESS, email_verified=True)
    sign_in(Client(), google, "g-alice")
    client.post("/accounts/signup/", {"email": ADDRESS, "password1": PASSWORD})
    assert session_of(client) is None
    person = User.objects.get()
    assert not person.has_usable_password()
    login = {"login": ADDRESS, "password": PASSWORD}
    client.post("/accounts/login/", login)
    assert session_of(client) is None


def test_unverified_sign_up_before_google(google: FakeGoogle, client: Client):
    """Somebody signs up here with my address and waits until I come by Google."""
    squatter = Client()
    squatter.post("/accounts/signup/", {"email": ADDRESS, "password1": PASSWORD})
    google.knows("g-alice", email=ADDRESS, email_verified=True)
    assert_told_to_sign_in_first(sign_in(client, google, "g-alice"), client)
    assert not SocialAccount.objects.exists()

    # The way that the page shows: whoever reads the mail owns the account.
    mail.outbox.clear()
    client.post("/accounts/password/reset/", {"email": ADDRESS})
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)
    assert link
    new = {"password1": "larch-and-lantern", "password2": "larch-and-lantern"}
    client.post(client.get(link[1])["Location"], new)
    cache.clear()
    assert Client().get("/settings/").status_code == 302
    assert squatter.get("/settings/").status_code == 302
    kept_out = Client()
    kept_out.post("/accounts/login/", {"login": ADDRESS, "password": PASSWORD})
    assert session_of(kept_out) is None


def test_a_changed_address_at_google_moves_nobody(client, google, local_alice):
    """A Google person takes, at Google, the address of a local account."""
    google.knows("g-bob", email="bob@example.org", email_verified=True)
    sign_in(Client(), google, "g-bob")
    bob = User.objects.get(email="bob@example.org")
    google.knows("g-bob", email=ADDRESS, email_verified=True)
    sign_in(client, google, "g-bob")
    assert session_of(client) == str(bob.pk)
    bob.refresh_from_db()
    assert bob.email == "bob@example.org"
    assert EmailAddress.objects.get(email=ADDRESS).user == local_alice


def test_the_same_address_with_another_sub(client: Client, google: FakeGoogle):
    """An address at Google is given to somebody else: the `sub` is the person."""
    google.knows("old-owner", email=ADDRESS, email_verified=True)
    sign_in(Client(), google, "old-owner")
    google.knows("new-owner", email=ADDRESS, email_verified=True)
    assert_told_to_sign_in_first(sign_in(client, google, "new-owner"), client)
    assert SocialAccount.objects.get().uid == "old-owner"


def test_the_address_form_after_google_merges_nothing(client, google, local_alice):
    """Google gave no address; the person types that of an account of ours."""
    google.knows("mallory", name="M")
    sign_in(client, google, "mallory")
    client.post("/accounts/3rdparty/signup/", {"email": ADDRESS})
    assert session_of(client) is None
    assert not SocialAccount.objects.exists()


def test_changing_the_address_here_to_that_of_another(client, local_alice, make_person):
    bob = make_person("bob@example.org")
    client.force_login(bob)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": ADDRESS, "action_add": ""})
    if mail.outbox and (
        code := re.search(r"^    (\S+-\S+)$", mail.outbox[-1].body, re.M)
    ):
        client.post("/accounts/confirm-email/", {"code": code[1]})
    bob.refresh_from_db()
    assert bob.email == "bob@example.org"
    assert EmailAddress.objects.filter(email=ADDRESS, verified=True).count() == 1


def test_removing_google_needs_another_way_in(client: Client, google: FakeGoogle):
    google.knows("g-alice", email=ADDRESS, email_verified=True)
    sign_in(client, google, "g-alice")
    account = SocialAccount.objects.get()
    page = client.post("/accounts/3rdparty/", {"account": account.pk})
    assert "no password" in page.text
    assert SocialAccount.objects.exists()
