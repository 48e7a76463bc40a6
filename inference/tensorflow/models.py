"""Load the classifiers of a TensorFlow engine; only its host process imports this."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import tensorflow as tf

from inference.errors import ModelFileError
from inference.registry import weights_dir
from inference.tensorflow.classifier import KerasClassifier
from inference.tensorflow.loading import load_keras

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.config import EngineConfig

logger = logging.getLogger(__name__)


def use_threads(n_threads: int) -> None:
    """Run operations on so many threads; only before the first one has run."""
    tf.config.threading.set_intra_op_parallelism_threads(n_threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def use_device(name: str) -> None:
    """Run on the CPU alone, or on a GPU too, of which TensorFlow would else take all."""
    if name == "cpu":
        tf.config.set_visible_devices([], "GPU")
        return
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, enable=True)


def load_keras_classifiers(
    config: EngineConfig, on_progress: Callable[[str], None]
) -> dict[str, KerasClassifier]:
    """Load what can be loaded: one broken folder must not keep the others from serving."""
    use_threads(config.n_threads)
    use_device(config.device)
    loaded = {}
    for name in config.classifier_names:
        on_progress(f"loading {name}…")
        try:
            model = load_keras(weights_dir(name, config.weights_root))
            loaded[name] = KerasClassifier(model)
        except ModelFileError:
            logger.exception("the classifier %s is left out", name)
    return loaded
