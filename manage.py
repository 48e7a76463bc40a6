#!/usr/bin/env python
"""Django's command line for emochat."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from django.core.management import execute_from_command_line

if TYPE_CHECKING:
    from types import FrameType

EXIT_INTERRUPTED = 128 + 2  # as shells report SIGINT


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")
    was_interrupted = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        was_interrupted.append(number)
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, interrupt)
    try:
        execute_from_command_line(sys.argv)
    except (KeyboardInterrupt, Exception):
        # Ctrl-C before there was anything to drain. It also reaches what we started
        # (initdb, pg_ctl), whose failure may be what we see of it.
        if not was_interrupted:
            raise
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
