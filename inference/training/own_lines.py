"""Chat messages of our own writing, with labels, and the ones that choices are made on.

Written one by one as people type, since no set at hand reads like chat. They were written
without sight of the messages in `tests/models`, which judge the models.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inference.training.data import NO_LABEL, read_labelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.training.data import LabelledText

OWN_TASK = "emotion"
LINES = Path(__file__).parent / "lines"
VALIDATION = LINES / "val.txt"


def own_lines(labels: Sequence[str]) -> list[LabelledText]:
    """Return the lines to train on, those without any emotion (`none`) among them."""
    files = sorted(path for path in LINES.glob("*.txt") if path != VALIDATION)
    return [row for path in files for row in read_labelled(path, (*labels, NO_LABEL))]


def own_validation(labels: Sequence[str]) -> list[LabelledText]:
    return read_labelled(VALIDATION, labels)
