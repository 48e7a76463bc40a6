from __future__ import annotations

import io
import struct
import time
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from chat.accounts import avatars
from chat.accounts.avatars import AvatarError

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.fake_google import FakeGoogle


def encoded(size: tuple[int, int] = (300, 200), kind: str = "PNG", **options) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, "teal").save(data, kind, **options)
    return data.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes whose header promises a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_picture_becomes_a_small_square_webp(kind):
    drawn = Image.open(io.BytesIO(avatars.draw(encoded(kind=kind))))
    assert (drawn.format, drawn.size) == ("WEBP", (128, 128))


def test_what_the_file_says_beside_the_picture_is_lost():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    drawn = avatars.draw(encoded(kind="JPEG", exif=exif))
    assert b"taken at home" not in drawn
    assert not Image.open(io.BytesIO(drawn)).getexif()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<html>",
        encoded()[:100],
        encoded(kind="JPEG")[:200],
        encoded(kind="BMP"),
        encoded(kind="TIFF"),
        encoded((3000, 3000)),
        png_that_claims(0, 0),
        png_that_claims(5000, 5000),
        png_that_claims(12_000, 12_000),
        png_that_claims(60_000, 60_000),
        png_that_claims(1000, 1000),
    ],
)
def test_what_is_no_picture_or_a_bomb_is_refused(data):
    with pytest.raises(AvatarError):
        avatars.draw(data)


def test_only_google_is_asked(settings):
    assert avatars.is_allowed("https://lh3.googleusercontent.com/a/x=s96-c")
    for url in (
        "http://lh3.googleusercontent.com/a/x",
        "https://googleusercontent.com.evil.example/x",
        "https://evilgoogleusercontent.com/x",
        "https://lh3.googleusercontent.com@127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://[::1",
        "",
    ):
        assert not avatars.is_allowed(url), url


def test_too_many_bytes_too_slow_and_elsewhere_are_refused(
    google: FakeGoogle, monkeypatch
):
    with pytest.raises(AvatarError, match="too many bytes"):
        avatars.download(google.picture("big", b"x" * (avatars.MAX_BYTES + 1)))
    with pytest.raises(AvatarError, match="status 404"):
        avatars.download(f"{google.issuer}/nothing-here")
    with pytest.raises(AvatarError, match="ConnectionError"):
        avatars.download("http://localhost:9/x")
    monkeypatch.setattr(avatars, "DEADLINE_S", 0.3)
    google.seconds_a_part = 0.05
    began = time.monotonic()
    with pytest.raises(AvatarError, match="too slow"):
        avatars.download(google.picture("drip", b"x" * 200))
    assert time.monotonic() - began < 2


def test_redirects_are_not_followed(google: FakeGoogle):
    google.picture("ok", encoded())
    with pytest.raises(AvatarError, match="status 302"):
        avatars.download(f"{google.issuer}/moved")


@pytest.mark.parametrize("data", [b"no picture", b""])
def test_a_bad_picture_leaves_the_person_without(
    google: FakeGoogle, alice, data, caplog
):
    caplog.set_level("INFO", "chat")
    avatars.fetch_and_store(alice.pk, google.picture("bad", data))
    alice.refresh_from_db()
    assert alice.avatar_url == ""
    assert "no picture for user" in caplog.text


def test_a_stored_picture_is_served_under_a_name_nobody_guesses(client: Client, alice):
    avatars.store(alice.pk, avatars.draw(encoded()))
    alice.refresh_from_db()
    assert avatars.NAME.fullmatch(alice.avatar_url.removeprefix("/avatars/"))
    served = client.get(alice.avatar_url)
    assert served.headers["Content-Type"] == "image/webp"
    assert "immutable" in served.headers["Cache-Control"]
    assert client.post(alice.avatar_url).status_code == 405


def test_a_second_picture_does_not_replace_the_first(alice, settings):
    avatars.store(alice.pk, b"first")
    alice.refresh_from_db()
    first = alice.avatar_url
    avatars.store(alice.pk, b"second")
    alice.refresh_from_db()
    assert alice.avatar_url == first
    assert len(list((settings.MEDIA_ROOT / "avatars").iterdir())) == 1


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "A" * 22 + ".png",
        "A" * 22 + ".webp",
        "A" * 22 + ".webp\n",
        "..%2f..%2fsecret_key",
        "%2e%2e",
        "%00",
    ],
)
def test_no_other_file_is_served(client: Client, db, name):
    assert client.get(f"/avatars/{name}").status_code == 404


def test_fetching_never_holds_more_than_a_few_threads(google: FakeGoogle, alice):
    for _ in range(4):
        avatars._free_fetchers.acquire()
    try:
        url = google.picture("ok", encoded())
        avatars._run(alice.pk, url)
    finally:
        avatars._free_fetchers.release(4)
    alice.refresh_from_db()
    assert alice.avatar_url == ""
