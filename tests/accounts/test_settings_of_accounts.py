"""What DEBUG changes, read from the settings of a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = """
import json
from django.conf import settings
names = ["ACCOUNT_EMAIL_VERIFICATION", "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED",
         "ACCOUNT_PREVENT_ENUMERATION", "ACCOUNT_DEFAULT_HTTP_PROTOCOL",
         "SESSION_COOKIE_SECURE", "SOCIALACCOUNT_EMAIL_AUTHENTICATION",
         "SOCIALACCOUNT_PROVIDERS"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def read(tmp_path: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GOOGLE_", "DEBUG", "SECRET_KEY"))
    }
    return subprocess.run(
        [sys.executable, *(command or ("-c", SCRIPT))],
        cwd=ROOT,
        env={
            **clean,
            "DJANGO_SETTINGS_MODULE": "emochat.settings",
            "EMOCHAT_VAR": str(tmp_path),
            **env,
        },
        capture_output=True,
        text=True,
    )


SERVER = {"DEBUG": "0", "SECRET_KEY": "k" * 60, "ALLOWED_HOSTS": "emochat.example"}


@pytest.mark.parametrize(("env", "expected"), [({}, "none"), (SERVER, "mandatory")])
def test_addresses_are_verified_wherever_debug_is_off(tmp_path, env, expected):
    found = json.loads(read(tmp_path, **env).stdout)
    assert found["ACCOUNT_EMAIL_VERIFICATION"] == expected
    assert found["ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED"] is bool(env)
    assert found["ACCOUNT_PREVENT_ENUMERATION"] is True
    assert found["SESSION_COOKIE_SECURE"] is bool(env)
    assert found["SOCIALACCOUNT_EMAIL_AUTHENTICATION"] is False
    google = found["SOCIALACCOUNT_PROVIDERS"]["google"]
    assert google["OAUTH_PKCE_ENABLED"] is True
    assert google["APPS"] == []
    assert "AUTHORIZE_URL" not in google


@pytest.mark.parametrize("env", [{}, SERVER])
def test_allauth_finds_nothing_wrong(tmp_path, env):
    checked = read(tmp_path, "manage.py", "check", **env)
    assert checked.returncode == 0, checked.stderr


def test_googles_stand_in_is_only_ever_on_this_machine(tmp_path):
    assert read(tmp_path, GOOGLE_ISSUER="http://127.0.0.1:9400").returncode == 0
    for issuer in ("https://evil.example", "http://127.0.0.1.evil.example:80"):
        assert "loopback" in read(tmp_path, GOOGLE_ISSUER=issuer).stderr
