"""Choose the host of an engine by its name; TensorFlow's is always a helper process."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from inference.errors import ModelUnavailable
from inference.frameworks import HOW_TO_INSTALL, tensorflow_python
from inference.hosts.helper import HelperClient
from inference.hosts.inline import InlineClient
from inference.hosts.ray_environment import set_environment
from inference.hosts.router import FrameworkRouter
from inference.registry import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.config import EngineConfig
    from inference.types import EngineClient


def create_client(
    config: EngineConfig, on_progress: Callable[[str], None] | None = None
) -> EngineClient:
    """Return a client that is not started yet; ValueError for a host that is not there.

    `on_progress` is called on the event loop with what the engine is loading.
    """
    main = _main_client(config, on_progress)
    return FrameworkRouter(main, partial(_tensorflow_client, config))


def _main_client(
    config: EngineConfig, on_progress: Callable[[str], None] | None
) -> EngineClient:
    if config.host == "helper":
        return HelperClient(config, on_progress)
    if config.host == "inline":
        return InlineClient(config, on_progress)
    if config.host == "ray":
        return _ray_client(config, on_progress)
    raise ValueError(
        f"There is no engine host {config.host!r}: use 'helper', 'inline' or 'ray'."
    )


def _tensorflow_client(config: EngineConfig) -> EngineClient:
    """Return a client to a helper of TensorFlow's own, beside any host of PyTorch's."""
    if tensorflow_python(config.tensorflow_python) is None:
        raise ModelUnavailable(HOW_TO_INSTALL)
    own = replace(config, host="helper", framework="tensorflow")
    if not own.classifier_names:
        title = FRAMEWORKS["tensorflow"]
        raise ModelUnavailable(f"No classifier of {title} is trained or wanted here.")
    return HelperClient(own)


def _ray_client(
    config: EngineConfig, on_progress: Callable[[str], None] | None
) -> EngineClient:
    """Ray is imported only here, and after what it reads at its import has been set."""
    set_environment(config)
    try:
        from inference.hosts.ray_client import RayClient  # noqa: PLC0415
    except ImportError as error:
        raise ValueError(
            "The engine host 'ray' needs Ray: pip install -r requirements-ray.txt"
        ) from error
    return RayClient(config, on_progress)
