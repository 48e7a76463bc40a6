"""What a classifier's folder tells beside its weights: labels, temperature, tokenizer.

The same for every framework: neither torch nor TensorFlow here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tokenizers import Tokenizer

from inference.errors import ModelFileError
from inference.registry import CLASSIFIERS
from inference.windows import WindowRule, rule_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG_NAME = "config.json"
TOKENIZER_NAME = "tokenizer.json"

Model = TypeVar("Model")


@dataclass(frozen=True)  # with slots, a call of Loaded[...] fails in typing
class Loaded(Generic[Model]):
    """A classifier ready to run: eval mode, float32; the tokenizer truncates, not pads.

    Its logits are to be divided by `temperature` before the softmax. One that reads long
    texts in `windows` has a tokenizer that leaves them whole.
    """

    model: Model
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    version: str
    max_tokens: int
    temperature: float = 1.0
    windows: WindowRule | None = None
    pad_token: int = 0


def loaded(
    folder: Path,
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    model: Model,
    labels: tuple[str, ...],
    pad_token: int | None,
) -> Loaded[Model]:
    """Put a model and what its folder says of it together; raises ModelFileError."""
    tokenizer, rule = read_tokenizer(folder, files), rule_in(folder.name, manifest)
    max_tokens = int(manifest["max_tokens"])
    if rule is None:
        tokenizer.enable_truncation(max_tokens)
    return Loaded(
        model,
        tokenizer,
        labels,
        version=manifest["version"],
        max_tokens=max_tokens,
        temperature=read_temperature(folder, manifest),
        windows=rule,
        pad_token=int(pad_token or 0),
    )


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
