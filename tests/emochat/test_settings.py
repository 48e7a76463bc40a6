"""Settings from the environment: safe where others can reach the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emochat.secret_key import load_or_create

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "DEBUG",
    "ALLOWED_HOSTS",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "ACCOUNT_EMAIL_VERIFICATION",
    "EMAIL_BACKEND",
    "CHANNEL_LAYERS",
    "CACHES",
]
OURS = (
    "EMOCHAT_",
    "DJANGO_",
    "SECRET",
    "DEBUG",
    "ALLOWED",
    "DATABASE",
    "REDIS",
    "EMAIL",
)
PRINT = f"""
import json
from django.conf import settings
found = {{name: getattr(settings, name, None) for name in {NAMES}}}
engine = settings.DATABASES["default"]["ENGINE"]
print(json.dumps(found | {{"database": engine}}, default=str))
"""


def load(tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    clean |= {
        "DJANGO_SETTINGS_MODULE": "emochat.settings",
        "EMOCHAT_VAR": str(tmp_path),
    }
    return subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=ROOT,
        env=clean | env,
        capture_output=True,
        text=True,
    )


def settings_of(tmp_path: Path, **env: str) -> dict[str, Any]:
    done = load(tmp_path, **env)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_on_a_laptop_nothing_is_needed(tmp_path: Path) -> None:
    found = settings_of(tmp_path)
    assert found["DEBUG"] is True
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert found["database"] == "emochat.embedded_postgres"
    assert found["ACCOUNT_EMAIL_VERIFICATION"] == "none"
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_secret_key_turns_debug_off_and_the_locks_on(tmp_path: Path) -> None:
    found = settings_of(tmp_path, SECRET_KEY="s" * 50)
    assert found["DEBUG"] is False
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert found["ACCOUNT_EMAIL_VERIFICATION"] == "mandatory"
    assert not (tmp_path / "secret_key").exists()


def test_without_a_secret_key_debug_cannot_be_off(tmp_path: Path) -> None:
    done = load(tmp_path, DEBUG="0")
    assert done.returncode != 0
    assert "set SECRET_KEY" in done.stderr


def test_another_database_and_redis_are_used(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path,
        DATABASE_URL="postgres://me:secret@db.example/chat",
        REDIS_URL="redis://redis.example:6379/0",
    )
    assert found["database"] == "django.db.backends.postgresql"
    assert "redis" in found["CHANNEL_LAYERS"]["default"]["BACKEND"].lower()
    assert "redis" in found["CACHES"]["default"]["BACKEND"].lower()


def test_a_stand_in_for_google_must_be_on_loopback(tmp_path: Path) -> None:
    done = load(tmp_path, GOOGLE_ISSUER="https://accounts.evil.example")
    assert done.returncode != 0
    assert "loopback" in done.stderr


def test_the_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    key = load_or_create(path)
    assert len(key) >= 50
    assert load_or_create(path) == key
    assert path.stat().st_mode & 0o077 == 0
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])
def test_debug_is_served_to_this_machine_only(tmp_path: Path, host: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--host", host],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "1", "EMOCHAT_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "DEBUG is on" in done.stderr
    assert "Traceback" not in done.stderr
