"""The engine's settings, from Django's."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from inference.config import EngineConfig


def engine_config() -> EngineConfig:
    """Build what `create_client` needs; no model is loaded."""
    reply_model = settings.EMOCHAT_REPLY_MODEL
    return EngineConfig(
        host=settings.EMOCHAT_ENGINE,
        device=settings.EMOCHAT_DEVICE,
        classifiers=tuple(settings.EMOCHAT_CLASSIFIERS) or None,
        reply_model=Path(reply_model) if reply_model else None,
        runtime_dir=settings.VAR_DIR / "engine",
        decoder=_test_decoder(),
    )


def _test_decoder() -> str:
    """A scripted decoder in the T5's place, for fault tests; never outside DEBUG."""
    return os.environ.get("EMOCHAT_TEST_DECODER", "") if settings.DEBUG else ""
