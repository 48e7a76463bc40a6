"""The channel layer of a single web process.

Channels' own in-memory layer walks all channels and all groups for every message that is
sent or received, and starts a task for each receiver, so an event costs more the more
people are there, whoever it is for. `python -m benchmarks.layer` measures both.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer

CLEAN_EVERY_S = 1.0


class LocalChannelLayer(InMemoryChannelLayer):
    """Promises what Channels' does; what has expired goes within a second of that."""

    _cleaned_s = 0.0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to each member; one that is full misses it, as the layer's contract says."""
        self.require_valid_group_name(group)
        self._clean_expired()
        for channel in tuple(self.groups.get(group, ())):
            with suppress(ChannelFull):
                await self.send(channel, message)

    def _clean_expired(self) -> None:
        now = time.monotonic()
        if now - self._cleaned_s >= CLEAN_EVERY_S:
            self._cleaned_s = now
            super()._clean_expired()
