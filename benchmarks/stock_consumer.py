"""`manage.py serve --prepare` with Channels' defaults put back, for comparison only.

Two things differ from the product (docs/decisions/0002): database work runs on the one
thread that all sockets share, and each event of a socket hops to that thread first.
"""

from __future__ import annotations

import os
import sys

import django
from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from django.core.management import execute_from_command_line


def put_defaults_back() -> None:
    from chat import perform
    from chat.socket import FrameSocket

    perform.database_sync_to_async = lambda service, **_: database_sync_to_async(
        service, thread_sensitive=True
    )
    FrameSocket.dispatch = AsyncConsumer.dispatch


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")
    django.setup()
    put_defaults_back()
    execute_from_command_line(["manage.py", "serve", "--prepare", *sys.argv[1:]])


if __name__ == "__main__":
    main()
