"""Google's picture of a person: fetched once, drawn anew, served by us.

Browsers never ask Google for it, and what is served is only what Pillow drew.
"""

from __future__ import annotations

import io
import logging
import re
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections, transaction
from django.dispatch import receiver
from PIL import Image, ImageOps

from chat.services import profiles

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialAccount, SocialLogin

logger = logging.getLogger(__name__)

SIDE_PX = 128
MAX_BYTES = 1024 * 1024
MAX_SOURCE_PIXELS = 2048 * 2048
CONNECT_TIMEOUT_S = 3
DEADLINE_S = 6
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
FOLDER = "avatars"
NAME = re.compile(r"[A-Za-z0-9_-]{22}\.webp")

# More than these at once are not worth waiting for: the next sign-in tries again.
_free_fetchers = threading.BoundedSemaphore(4)


class AvatarError(Exception):
    """The picture cannot be had, or is none that we show."""


def fetch_later(account: SocialAccount) -> None:
    """Fetch the picture in the background, unless the person has one already."""
    url = account.extra_data.get("picture")
    if account.user.avatar_url or not isinstance(url, str) or not is_allowed(url):
        return
    args = (account.user_id, _larger(url))
    thread = threading.Thread(target=_run, args=args, daemon=True)
    transaction.on_commit(thread.start)


@receiver(social_account_added)
def _on_connected(sociallogin: SocialLogin, **_: Any) -> None:
    fetch_later(sociallogin.account)


def is_allowed(url: str) -> bool:
    """Whether Google itself serves this address (or its stand-in on loopback does)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if settings.GOOGLE_ISSUER:
        return url.startswith(f"{settings.GOOGLE_ISSUER}/")
    return parts.scheme == "https" and host.endswith(".googleusercontent.com")


def _larger(url: str) -> str:
    """Google says in the address how large: `=s96-c` is smaller than what we show."""
    return re.sub(r"=s\d+(-c)?$", "=s256-c", url)


def _run(user_id: int, url: str) -> None:
    """What the thread does; nothing that happens here reaches the person."""
    if not _free_fetchers.acquire(blocking=False):
        return
    try:
        fetch_and_store(user_id, url)
    except Exception:
        logger.exception("picture of user %s", user_id)
    finally:
        connections.close_all()
        _free_fetchers.release()


def fetch_and_store(user_id: int, url: str) -> None:
    try:
        store(user_id, draw(download(url)))
    except AvatarError as error:
        logger.info("no picture for user %s: %s", user_id, error)


def download(url: str) -> bytes:
    """Return what lies there, at most MAX_BYTES within DEADLINE_S; raise AvatarError."""
    give_up_at = time.monotonic() + DEADLINE_S
    data = bytearray()
    try:
        with requests.get(
            url,
            headers={"Accept": "image/*", "Accept-Encoding": "identity"},
            timeout=CONNECT_TIMEOUT_S,
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != requests.codes.ok:
                raise AvatarError(f"status {response.status_code}")
            while chunk := response.raw.read1(65536, decode_content=False):
                data += chunk
                if len(data) > MAX_BYTES:
                    raise AvatarError("too many bytes")
                if time.monotonic() > give_up_at:
                    raise AvatarError("too slow")
    except (OSError, requests.RequestException) as error:
        raise AvatarError(type(error).__name__) from error
    return bytes(data)


def draw(data: bytes) -> bytes:
    """Return the picture as a square WebP of SIDE_PX, with nothing else in the file.

    The size is read from the header first, so that a small file which unpacks to a
    huge picture is refused before it is unpacked. Raises AvatarError.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_SOURCE_PIXELS:
                raise AvatarError("too many pixels")
            upright = ImageOps.exif_transpose(image).convert("RGBA")
        square = ImageOps.fit(upright, (SIDE_PX, SIDE_PX))
        drawn = io.BytesIO()
        square.save(drawn, "WEBP", quality=82)
    except (
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise AvatarError(type(error).__name__) from error
    return drawn.getvalue()


def store(user_id: int, data: bytes) -> None:
    """Keep the first picture of a person, and point them at it."""
    url = keep(data)
    if not profiles.set_first_picture(user_id=user_id, url=url):
        forget(url)


def keep(data: bytes) -> str:
    """Keep a drawn picture under a name that cannot be guessed; return its address."""
    name = f"{secrets.token_urlsafe(16)}.webp"
    default_storage.save(f"{FOLDER}/{name}", ContentFile(data))
    return f"/{FOLDER}/{name}"


def forget(url: str) -> None:
    """Remove a kept picture; an address that is none of ours is left alone."""
    name = url.removeprefix(f"/{FOLDER}/")
    if NAME.fullmatch(name):
        default_storage.delete(f"{FOLDER}/{name}")


def read(name: str) -> bytes | None:
    """Return a stored picture, or None."""
    try:
        with default_storage.open(f"{FOLDER}/{name}") as file:
            data: bytes = file.read()
            return data
    except FileNotFoundError:
        return None
