"""Make the engine that a host runs: load its models, run each of them once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from inference.core import EngineCore
from inference.errors import InferenceError, ModelFileError
from inference.types import ClassifyRequest, Event, Failed, GenerateRequest, Request

if TYPE_CHECKING:
    from inference.backends import Classifier, Generator
    from inference.config import EngineConfig

WARM_UP_TEXT = "I am feeling so tired today. What should I do?"
Progress = Callable[[str], None]


def build_core(config: EngineConfig, on_progress: Progress) -> EngineCore:
    """Return an engine that is warm, or raise ModelFileError where nothing can be loaded.

    Takes seconds, most of them for importing what runs the models.
    """
    classifiers = _load_classifiers(config, on_progress)
    generator = _load_generator(config, on_progress)
    if not classifiers and generator is None:
        raise ModelFileError(f"There are no trained models in {config.weights_root}.")
    on_progress("warming up…")
    cold = EngineCore(classifiers, generator, config.limits)
    for request in _warm_up_requests(classifiers, generator):
        _run_alone(cold, request)
    # Another one: what it measured of itself while it warmed up is not how it runs.
    return EngineCore(classifiers, generator, config.limits)


def _load_classifiers(
    config: EngineConfig, on_progress: Progress
) -> Mapping[str, Classifier]:
    if not config.classifier_names:
        return {}
    if config.framework == "tensorflow":
        on_progress("starting TensorFlow…")
        from inference.tensorflow.models import load_keras_classifiers  # noqa: PLC0415

        return load_keras_classifiers(config, on_progress)
    on_progress("starting torch…")
    from inference.torch_models import load_classifiers  # noqa: PLC0415 (imports torch)

    return load_classifiers(config, on_progress)


def _load_generator(config: EngineConfig, on_progress: Progress) -> Generator | None:
    if config.framework != "pytorch":
        return None
    if config.decoder:
        on_progress("loading the scripted model…")
        return _scripted_generator(config)
    from inference.torch_models import load_generator  # noqa: PLC0415 (imports torch)

    return load_generator(config, on_progress)


def _scripted_generator(config: EngineConfig) -> Generator:
    """Call the "module:factory" that a test put in the T5's place."""
    module, _, factory = config.decoder.partition(":")
    generator: Generator = getattr(import_module(module), factory)()
    return generator


def _warm_up_requests(
    classifiers: Mapping[str, Classifier], generator: Generator | None
) -> list[Request]:
    requests: list[Request] = [
        ClassifyRequest(f"warm-up {name}", name, WARM_UP_TEXT) for name in classifiers
    ]
    if generator is not None:
        requests.append(
            GenerateRequest("warm-up reply", WARM_UP_TEXT, None, max_new_tokens=4)
        )
    return requests


def _run_alone(core: EngineCore, request: Request) -> None:
    """Run one request to its end; a model that fails on it fails the start."""
    core.submit(request, time.monotonic())
    events: list[Event] = []
    while core.has_work:
        events += core.tick(time.monotonic())
    last = events[-1]
    if isinstance(last, Failed):
        raise InferenceError(f"{request.id}: {last.message}")
