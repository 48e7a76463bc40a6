"""The application that any ASGI server serves; `manage.py serve` is ours."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

_django = get_asgi_application()

from chat.api.routing import around  # noqa: E402
from chat.consumers import ChatConsumer  # noqa: E402


async def _not_found(scope, receive, send):  # type: ignore[no-untyped-def]
    """Refuse a socket on any other path, quietly: channels would log a traceback."""
    await send({"type": "websocket.close"})


application = ProtocolTypeRouter(
    {
        "http": around(_django),
        "websocket": URLRouter(
            [path("ws/chat/", ChatConsumer.as_asgi()), re_path("", _not_found)]
        ),
    }
)
