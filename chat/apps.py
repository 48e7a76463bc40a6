from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import sessions  # noqa: PLC0415, F401  connects Django's own signals
        from chat.api import schema  # noqa: PLC0415, F401  registers its extensions

        if settings.EMOCHAT_MFA:
            from chat.accounts import code_changes  # noqa: PLC0415, F401  its signals
