"""Text in, scores and tokens out; knows no HTTP and no database."""

from __future__ import annotations

from inference.config import EngineConfig
from inference.errors import (
    BadRequest,
    DeadlineExceeded,
    EngineBusy,
    EngineLost,
    InferenceError,
    ModelFileError,
    ModelUnavailable,
    RequestCancelled,
)
from inference.hosts.factory import create_client
from inference.registry import CLASSIFIERS, available_classifiers
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    EngineClient,
    EngineStats,
    Explained,
    ExplainRequest,
    Finished,
    GenerateRequest,
    HistoryTurn,
    WordWeight,
)

__all__ = [
    "CLASSIFIERS",
    "BadRequest",
    "Classified",
    "ClassifyRequest",
    "DeadlineExceeded",
    "Delta",
    "EngineBusy",
    "EngineClient",
    "EngineConfig",
    "EngineLost",
    "EngineStats",
    "ExplainRequest",
    "Explained",
    "Finished",
    "GenerateRequest",
    "HistoryTurn",
    "InferenceError",
    "ModelFileError",
    "ModelUnavailable",
    "RequestCancelled",
    "WordWeight",
    "available_classifiers",
    "create_client",
]
