#!/usr/bin/env python
"""Django's command line for emochat."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

EXIT_INTERRUPTED = 128 + 2  # as shells report SIGINT


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")
    # Read by daphne.server when it is first imported: the threads that serve the
    # database work of every socket (docs/decisions/0002).
    os.environ.setdefault("ASGI_THREADS", "16")
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:  # Ctrl-C before there was anything to drain
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
