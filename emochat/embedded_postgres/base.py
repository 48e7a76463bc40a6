"""Django's PostgreSQL backend over the embedded server, started at first use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from emochat.embedded_postgres.server import ensure_running


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects through the UNIX socket of the server in `EMBEDDED_POSTGRES_DIR`."""

    def get_connection_params(self) -> dict[str, Any]:
        socket_dir = ensure_running(settings.EMBEDDED_POSTGRES_DIR)
        self.settings_dict.update(HOST=str(socket_dir), USER="postgres")
        return super().get_connection_params()
