"""Choose the host of an engine by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.hosts.helper import HelperClient
from inference.hosts.inline import InlineClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.config import EngineConfig
    from inference.types import EngineClient


def create_client(
    config: EngineConfig, on_progress: Callable[[str], None] | None = None
) -> EngineClient:
    """Return a client that is not started yet; ValueError for an unknown host.

    `on_progress` is called on the event loop with what the engine is loading.
    """
    if config.host == "helper":
        return HelperClient(config, on_progress)
    if config.host == "inline":
        return InlineClient(config, on_progress)
    if config.host == "ray":
        raise ValueError(
            "The engine host 'ray' is not built yet: use 'helper' or 'inline'."
        )
    raise ValueError(
        f"There is no engine host {config.host!r}: use 'helper' or 'inline'."
    )
