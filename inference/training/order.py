"""What to train, on what: the wishes of whoever asks for a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inference.registry import weights_dir
from inference.training.reviews import check_hash

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Order:
    """A training run; `None` leaves the choice to the family's preset.

    `output` is the folder to write, `work` the one for checkpoints. `extra` folders add
    their train texts, `base` is a checkpoint, or a classifier of ours, to start from,
    `learning_rate` is the highest, `paper` asks for the paper's settings: these four are
    for classifiers only. `teacher` is the BERT that students are
    cut from; `tutors` are classifiers whose mean scores soften the labels; `reviews` is a
    folder of labels that reviewers agreed on, whose texts are learned from too;
    `tensorflow_python` is the interpreter for the models that TensorFlow trains.
    """

    name: str
    data: Path
    output: Path
    work: Path
    extra: tuple[Path, ...] = ()
    base: str | None = None
    teacher: Path = field(default_factory=lambda: weights_dir("bert"))
    tutors: tuple[Path, ...] = ()
    reviews: Path | None = None
    paper: bool = False
    epochs: float | None = None
    learning_rate: float | None = None
    device: str = "cpu"
    seed: int = 13
    tensorflow_python: str = ""

    @property
    def checkpoint(self) -> Path:
        return self.work / "checkpoint.pt"

    @property
    def identity(self) -> str:
        """Name the run by all that shapes its weights: only the same run is resumed."""
        used = (self.data, *self.extra, *self.tutors)
        folders = [str(folder.resolve()) for folder in used]
        if self.reviews:
            # By its hash, too: a set is written anew when somebody leaves it.
            folders += [str(self.reviews.resolve()), check_hash(self.reviews)]
        wishes: tuple[object, ...]
        wishes = (self.name, self.base, self.paper, self.epochs, self.seed)
        if self.learning_rate:
            wishes = (*wishes, self.learning_rate)
        return repr((wishes, folders))
