#!/usr/bin/env python
"""Django's command line for emochat."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")
    # Read by daphne.server when it is first imported: the threads that serve the
    # database work of every socket (docs/decisions/0002).
    os.environ.setdefault("ASGI_THREADS", "16")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
