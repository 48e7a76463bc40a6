from __future__ import annotations

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import sessions  # noqa: PLC0415, F401  connects Django's own signals
        from chat.api import schema  # noqa: PLC0415, F401  registers its extensions
