"""The training loop in TensorFlow: AdamW, given rates, checkpoints, best epoch kept.

The same steps as `inference.training.fit`: gradients cut to a norm of 1, only matrices
decay. A run is a function of its seed; one resumed from its checkpoint, dropout's dice
and all, ends as one that was never interrupted.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from inference.tensorflow.classifier import ANY_SIZE
from inference.tensorflow.model import inputs_of
from inference.text_classifier import padded
from inference.training.metrics import classification_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from inference.training.lesson import Lesson

BATCH_SIZE = 64  # rows judged at once
DECAYING = ("/kernel", "/embeddings")


class Interrupted(Exception):
    """Ctrl-C was pressed; the run is saved and goes on when started again."""


@dataclass(slots=True)
class Progress:
    """Where a run is; `wall_s` and `cpu_s` count all steps and validations so far."""

    step: int = 0
    best_score: float = float("-inf")
    history: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # of the epoch so far
    wall_s: float = 0.0
    cpu_s: float = 0.0


class Run:
    """One run over a lesson, from its checkpoint if there is one, to its best weights."""

    def __init__(self, model: Any, lesson: Lesson, checkpoint: Path) -> None:
        self.model = model
        self.lesson = lesson
        self.checkpoint = checkpoint
        self.progress = Progress()
        self.optimizer = _adamw(model, lesson.plan.weight_decay)
        self.best = [w.numpy() for w in model.trainable_variables]
        self._learn = tf.function(
            self._update, input_signature=[ANY_SIZE, ANY_SIZE, _TARGETS]
        )
        self._forward = tf.function(self._logits, input_signature=[ANY_SIZE, ANY_SIZE])
        self._restore()

    def fit(self, on_epoch: Callable[[dict[str, float]], None]) -> Progress:
        """Train to the end and leave the best epoch's weights in the model.

        Raises Interrupted after saving on Ctrl-C.
        """
        try:
            self._run_steps(on_epoch)
        except KeyboardInterrupt as error:
            self._save()
            raise Interrupted(f"saved at step {self.progress.step}") from error
        for weight, value in zip(
            self.model.trainable_variables, self.best, strict=True
        ):
            weight.assign(value)
        return self.progress

    def _run_steps(self, on_epoch: Callable[[dict[str, float]], None]) -> None:
        rates, saved_at = self.lesson.plan.rates, time.monotonic()
        wall, cpu = time.perf_counter(), time.process_time()
        before = (self.progress.wall_s - wall, self.progress.cpu_s - cpu)
        start = self.progress.step
        with tqdm(total=len(rates), initial=start, unit="step", mininterval=5) as bar:
            while self.progress.step < len(rates):
                self.progress.losses.append(self._step())
                bar.update()
                if self._at_epoch_end():
                    on_epoch(self._judge())
                self.progress.wall_s = before[0] + time.perf_counter()
                self.progress.cpu_s = before[1] + time.process_time()
                if time.monotonic() - saved_at > self.lesson.plan.save_every_s:
                    self._save()
                    saved_at = time.monotonic()

    def _step(self) -> float:
        step, plan = self.progress.step, self.lesson.plan
        self.optimizer.learning_rate.assign(plan.rates[step])
        tokens, mask = _batch(self.lesson.steps[step], plan.pad_token)
        loss = self._learn(tokens, mask, self.lesson.targets[step])
        self.progress.step += 1
        return float(loss)

    def _update(self, tokens: Any, mask: Any, targets: Any) -> Any:
        """Change the weights by one step; return the batch's mean loss."""
        with tf.GradientTape() as tape:
            logits = self.model(inputs_of(tokens, mask), training=True)
            loss = tf.reduce_mean(
                tf.nn.softmax_cross_entropy_with_logits(targets, logits)
            )
        weights = self.model.trainable_variables
        # Whole matrices, as torch has them: the norm of slices would count rows twice.
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, weights)]
        self.optimizer.apply(gradients, weights)
        return loss

    def _logits(self, tokens: Any, mask: Any) -> Any:
        return self.model(inputs_of(tokens, mask), training=False)

    def _at_epoch_end(self) -> bool:
        step, plan = self.progress.step, self.lesson.plan
        return step % plan.per_epoch == 0 or step == len(plan.rates)

    def _judge(self) -> dict[str, float]:
        losses, self.progress.losses = self.progress.losses, []
        figures = {"step": float(self.progress.step), "loss": sum(losses) / len(losses)}
        found = classification_figures(
            self.scores(), self.lesson.truth, self.lesson.plan.labels
        )
        score = (found["accuracy"] + found["macro_f1"]) / 2
        figures |= {"score": score}
        figures |= {
            name: round(found[name], 4) for name in ("accuracy", "macro_f1", "ece")
        }
        self.progress.history.append(figures)
        if score > self.progress.best_score:
            self.progress.best_score = score
            self.best = [w.numpy() for w in self.model.trainable_variables]
        return figures

    def scores(self) -> NDArray[np.float64]:
        """Return (N, C) of the texts that judge: the softmax of their windows' mean logits."""
        rows = [row for text in self.lesson.validation for row in text]
        logits = self._all_logits(rows).astype(np.float64)
        ends = np.cumsum([len(text) for text in self.lesson.validation])[:-1]
        means = np.stack([part.mean(axis=0) for part in np.split(logits, ends)])
        powers = np.exp(means - means.max(axis=1, keepdims=True))
        scores: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return scores

    def _all_logits(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found = np.zeros((len(rows), len(self.lesson.plan.labels)), dtype=np.float32)
        for start in range(0, len(order), BATCH_SIZE):
            part = order[start : start + BATCH_SIZE]
            batch = _batch([rows[i] for i in part], self.lesson.plan.pad_token)
            found[part] = self._forward(*batch).numpy()
        return found

    def _save(self) -> None:
        """Write the checkpoint beside the old one, then take its place."""
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.checkpoint.with_suffix(".part")
        told = json.dumps({"identity": self._identity, **asdict(self.progress)})
        arrays = {f"v{i}": v.numpy() for i, v in enumerate(self._variables())}
        arrays |= {f"best{i}": value for i, value in enumerate(self.best)}
        with temporary.open("wb") as file:
            np.savez(file, told=np.array(told), **arrays)
        temporary.replace(self.checkpoint)

    def _restore(self) -> None:
        """Go on from the checkpoint, unless it is another run's."""
        if not self.checkpoint.is_file():
            return
        with np.load(self.checkpoint, allow_pickle=False) as found:
            told = json.loads(str(found["told"]))
            if told.pop("identity") != self._identity:
                return
            self.progress = Progress(**told)
            for i, variable in enumerate(self._variables()):
                variable.assign(found[f"v{i}"])
            self.best = [found[f"best{i}"] for i in range(len(self.best))]

    @property
    def _identity(self) -> str:
        return f"{self.lesson.plan.identity} {len(self.lesson.plan.rates)}"

    def _variables(self) -> list[Any]:
        """Return all that a step changes: weights, dropout's dice, AdamW's means."""
        return [*self.model.variables, *self.optimizer.variables]


def _batch(rows: Sequence[Sequence[int]], pad: int) -> tuple[NDArray[np.int32], ...]:
    return tuple(np.array(part, dtype=np.int32) for part in padded(rows, pad))


_TARGETS = tf.TensorSpec([None, None], tf.float32)


def _adamw(model: Any, weight_decay: float) -> Any:
    """Return torch's AdamW: its epsilon, gradients cut to a norm of 1, matrices decay."""
    optimizer = keras.optimizers.AdamW(
        weight_decay=weight_decay, epsilon=1e-8, global_clipnorm=1.0
    )
    weights = model.trainable_variables
    spared = [w for w in weights if not w.path.endswith(DECAYING)]
    optimizer.exclude_from_weight_decay(var_list=spared)
    optimizer.build(weights)
    return optimizer
