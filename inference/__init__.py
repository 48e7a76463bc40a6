"""Text in, scores and tokens out; knows no HTTP and no database."""

from __future__ import annotations

from inference.config import EngineConfig
from inference.errors import (
    DeadlineExceeded,
    EngineBusy,
    EngineLost,
    InferenceError,
    ModelFileError,
    ModelUnavailable,
)
from inference.hosts.factory import create_client
from inference.registry import CLASSIFIERS, available_classifiers
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    EngineClient,
    EngineStats,
    Finished,
    GenerateRequest,
    HistoryTurn,
)

__all__ = [
    "CLASSIFIERS",
    "Classified",
    "ClassifyRequest",
    "DeadlineExceeded",
    "Delta",
    "EngineBusy",
    "EngineClient",
    "EngineConfig",
    "EngineLost",
    "EngineStats",
    "Finished",
    "GenerateRequest",
    "HistoryTurn",
    "InferenceError",
    "ModelFileError",
    "ModelUnavailable",
    "available_classifiers",
    "create_client",
]
