from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chat.models import User
from chat.services.people import create_account
from emochat.first_run import create_accounts

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_it_makes_two_accounts_and_says_their_passwords_once(tmp_path: Path) -> None:
    said: list[str] = []
    create_accounts(said.append)
    kept = tmp_path / "accounts.txt"
    assert kept.stat().st_mode & 0o077 == 0
    for line in kept.read_text().splitlines():
        email, password = line.split()
        user = User.objects.get(email=email)
        assert user.check_password(password)
        assert user.is_staff is user.is_superuser is email.startswith("admin@")
        assert any(password in told for told in said)
    said.clear()
    create_accounts(said.append)
    assert len(said) == 1
    assert User.objects.count() == 2


def test_an_account_made_again_gets_the_new_password() -> None:
    for password in ("first-passphrase", "second-passphrase"):
        create_account(email="a@example.org", password=password, display_name="A")
    user = User.objects.get()
    assert user.check_password("second-passphrase")
    assert user.emailaddress_set.get().verified
