"""The secret key of a laptop that was given none: made once, kept in `var/`."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from django.core.management.utils import get_random_secret_key

if TYPE_CHECKING:
    from pathlib import Path


def load_or_create(path: Path) -> str:
    """Return the key kept in `path`, made now (mode 0600) if there is none.

    Two processes that start together agree: a whole file is linked into place, and
    only the first link succeeds.
    """
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
            file.write(get_random_secret_key())
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text()
