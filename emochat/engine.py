"""The engine's settings, from Django's."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from inference.config import EngineConfig, RayConfig
from inference.prompt_formats import check_template

START_TIMEOUT_S = 120.0
FETCH_TIMEOUT_S = 3600.0  # a model from the hub may be gigabytes


def engine_config() -> EngineConfig:
    """Build what `create_client` needs; no model is loaded."""
    model = reply_model(settings.EMOCHAT_REPLY_MODEL)
    return EngineConfig(
        host=settings.EMOCHAT_ENGINE,
        device=settings.EMOCHAT_DEVICE,
        classifiers=tuple(settings.EMOCHAT_CLASSIFIERS) or None,
        reply_model=model,
        reply_prompt=_reply_prompt(),
        runtime_dir=settings.VAR_DIR / "engine",
        start_timeout_s=FETCH_TIMEOUT_S if isinstance(model, str) else START_TIMEOUT_S,
        decoder=_test_decoder(),
        tensorflow_python=settings.EMOCHAT_TENSORFLOW_PYTHON,
        ray=_ray_config(),
    )


def _ray_config() -> RayConfig:
    """Read the replicas as a number, or as the least and the most: 1-8."""
    least, _, most = settings.EMOCHAT_RAY_REPLICAS.partition("-")
    try:
        low, high = int(least), int(most or least)
    except ValueError:
        low, high = 0, 0
    if not 1 <= low <= high:
        raise ImproperlyConfigured("EMOCHAT_RAY_REPLICAS must be like 2, or like 1-8.")
    return RayConfig(
        address=settings.EMOCHAT_RAY_ADDRESS,
        min_replicas=low,
        max_replicas=high,
        cpus=settings.EMOCHAT_RAY_CPUS,
        gpus=settings.EMOCHAT_RAY_GPUS,
    )


def reply_model(value: str) -> Path | str | None:
    """Return a folder that is there, or is written as a path, as Path; else a hub name."""
    if not value:
        return None
    folder = Path(value).expanduser()
    if folder.exists() or value.startswith((".", "/", "~")):
        return folder.absolute()
    return value


def _reply_prompt() -> str:
    template: str = settings.EMOCHAT_REPLY_PROMPT
    try:
        if template:
            check_template(template)
    except ValueError as error:
        raise ImproperlyConfigured(f"EMOCHAT_REPLY_PROMPT: {error}") from error
    return template


def _test_decoder() -> str:
    """A scripted decoder in the T5's place, for fault tests; never outside DEBUG."""
    return os.environ.get("EMOCHAT_TEST_DECODER", "") if settings.DEBUG else ""
