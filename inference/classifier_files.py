"""What a classifier's folder tells beside its weights: labels, temperature, tokenizer.

Neither torch nor TensorFlow here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

from inference.errors import ModelFileError
from inference.registry import CLASSIFIERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG_NAME = "config.json"
TOKENIZER_NAME = "tokenizer.json"


def read_labels(
    folder: Path, manifest: Mapping[str, Any], id2label: Mapping[Any, str] | None
) -> tuple[str, ...]:
    """Return the labels, which manifest, config and registry must agree on."""
    named = manifest.get("labels")
    labels = tuple(named) if isinstance(named, list) else ()
    by_place = {int(i): label for i, label in (id2label or {}).items()}
    in_config = tuple(by_place[i] for i in sorted(by_place))
    spec = CLASSIFIERS.get(str(manifest.get("name")))
    if not labels or labels != in_config or (spec and spec.labels != labels):
        raise ModelFileError(f"{folder.name}: the label map is not the expected one.")
    return labels


def read_temperature(folder: Path, manifest: Mapping[str, Any]) -> float:
    temperature = manifest.get("temperature", 1.0)
    if not isinstance(temperature, float) or not 0.05 <= temperature <= 20:
        raise ModelFileError(f"{folder.name}: {temperature!r} is no temperature.")
    return temperature


def read_tokenizer(folder: Path, files: Mapping[str, bytes]) -> Tokenizer:
    try:
        return Tokenizer.from_str(files[TOKENIZER_NAME].decode())
    except Exception as error:  # tokenizers raises bare Exception
        raise ModelFileError(
            f"{folder.name}: {TOKENIZER_NAME} is not readable."
        ) from error
