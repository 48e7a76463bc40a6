"""Make signed-in people in the database that the environment names; print them."""

from __future__ import annotations

import json
import os
import sys
import uuid
from functools import cache
from unittest.mock import patch


def main(n: int) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")
    django.setup()
    from django.contrib.auth.hashers import make_password

    password = uuid.uuid4().hex  # hashing is slow on purpose, so once for all
    with patch("django.contrib.auth.base_user.make_password", cache(make_password)):
        print(json.dumps([make_person(password) for _ in range(n)]))


def make_person(password: str) -> dict[str, object]:
    from chat.services.people import create_account

    email = f"{uuid.uuid4().hex[:12]}@example.org"
    user = create_account(email=email, password=password, display_name="Alice")
    return {
        "id": user.pk,
        "email": email,
        "password": password,
        "session_key": sign_in(user),
    }


def sign_in(user: object) -> str:
    """Make a session as Django's own login does; return its key."""
    from django.contrib.auth import (
        BACKEND_SESSION_KEY,
        HASH_SESSION_KEY,
        SESSION_KEY,
    )
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


if __name__ == "__main__":
    main(int(sys.argv[1]))
