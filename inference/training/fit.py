"""The one training loop: AdamW, warm-up and decay, checkpoints, best epoch kept.

A run is a function of its seed: dropout is seeded step by step and batches are planned
by epoch, so a run resumed from a checkpoint ends with the same weights as one that was
never interrupted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch
from torch.nn.utils import clip_grad_norm_
from tqdm import tqdm

from inference.training.optimizing import averaged, parameter_groups
from inference.training.products import by_onednn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from transformers import PreTrainedModel

Batch = list[int]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How a run goes; `average` is the decay of the weights' moving average, 0 for none.

    With `relative` the learning rate of a weight is scaled by its own size at the start.
    """

    epochs: float
    learning_rate: float
    batch_size: int
    warmup_share: float = 0.06
    weight_decay: float = 0.01
    average: float = 0.0
    relative: bool = False
    seed: int = 13
    save_every_s: float = 120.0


class Trainee(Protocol):
    """What is trained: a model, its batches, its loss, its validation score."""

    model: PreTrainedModel
    n_texts: int

    def batches(self, epoch: int) -> list[Batch]:
        """Return the epoch's batches, always as many."""
        ...

    def loss(self, batch: Batch, epoch: int) -> torch.Tensor:
        """Return the batch's mean loss, ready for `backward`."""
        ...

    def validate(self, model: PreTrainedModel) -> dict[str, float]:
        """Return figures on validation data; `score` among them, higher is better."""
        ...


class Interrupted(Exception):
    """Ctrl-C was pressed; the run is saved and goes on when started again."""


@dataclass(slots=True)
class Progress:
    """Where a run is: what a checkpoint holds beside model and optimizer."""

    step: int = 0
    best_score: float = float("-inf")
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # of the epoch so far
    cpu_s: float = 0.0  # of all steps, validation aside


def n_steps_of(settings: FitSettings, per_epoch: int) -> int:
    return max(1, round(per_epoch * settings.epochs))


def share_of_rate(step: int, n_steps: int, settings: FitSettings) -> float:
    """Warm up linearly, then go down linearly to nothing; steps count from 0."""
    warmup = max(1, round(n_steps * settings.warmup_share))
    up = (step + 1) / warmup
    down = (n_steps - step) / max(1, n_steps - warmup)
    return min(up, down, 1.0)


class Run:
    """One training run, from its checkpoint if there is one, to its best weights.

    `identity` names the run: a checkpoint of another one is not taken up.
    """

    def __init__(
        self, trainee: Trainee, settings: FitSettings, checkpoint: Path, identity: str
    ) -> None:
        self.trainee = trainee
        self.settings = settings
        self.checkpoint = checkpoint
        self.identity = identity
        self.progress = Progress()
        self.per_epoch = len(trainee.batches(0))
        self.n_steps = n_steps_of(settings, self.per_epoch)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(trainee.model, settings),
            settings.learning_rate,
            fused=True,
        )
        self.averaged = averaged(trainee.model, settings.average)
        self._restore()

    def fit(
        self, on_epoch: Callable[[dict[str, float]], None] | None = None
    ) -> Progress:
        """Train to the end and leave the best epoch's weights in the model.

        `on_epoch` gets each epoch's figures. Raises Interrupted after saving on Ctrl-C.
        """
        try:
            with by_onednn():
                self._run_steps(on_epoch or (lambda figures: None))
        except KeyboardInterrupt as error:
            self._save()
            raise Interrupted(f"saved at step {self.progress.step}") from error
        self.trainee.model.load_state_dict(self.progress.best)
        return self.progress

    def discard_checkpoint(self) -> None:
        """Forget the run, once its result is written."""
        self.checkpoint.unlink(missing_ok=True)

    def _run_steps(self, on_epoch: Callable[[dict[str, float]], None]) -> None:
        saved_at = time.monotonic()
        start = self.progress.step
        with tqdm(total=self.n_steps, initial=start, unit="step", mininterval=5) as bar:
            while self.progress.step < self.n_steps:
                started = time.process_time()
                self.progress.losses.append(loss := self._step())
                self.progress.cpu_s += time.process_time() - started
                bar.update()
                bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
                if self._at_epoch_end():
                    on_epoch(self._validate())
                if time.monotonic() - saved_at > self.settings.save_every_s:
                    self._save()
                    saved_at = time.monotonic()
        self._save()

    def _step(self) -> float:
        epoch, at = divmod(self.progress.step, self.per_epoch)
        if at == 0 or not hasattr(self, "_plan"):
            self._plan = self.trainee.batches(epoch)
        torch.manual_seed(self.settings.seed * 1_000_003 + self.progress.step)
        self._set_learning_rate()
        self.trainee.model.train()
        loss = self.trainee.loss(self._plan[at], epoch)
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(self.trainee.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.averaged is not None:
            self.averaged.update_parameters(self.trainee.model)
        self.progress.step += 1
        return float(loss.detach())

    def _set_learning_rate(self) -> None:
        share = share_of_rate(self.progress.step, self.n_steps, self.settings)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * group["scale"] * share

    def _at_epoch_end(self) -> bool:
        step = self.progress.step
        return step % self.per_epoch == 0 or step == self.n_steps

    @torch.inference_mode()
    def _validate(self) -> dict[str, float]:
        model = self._model_to_judge()
        model.train(mode=False)
        losses, self.progress.losses = self.progress.losses, []
        figures = {"step": float(self.progress.step), "loss": sum(losses) / len(losses)}
        figures |= self.trainee.validate(model)
        self.progress.history.append(figures)
        if figures["score"] > self.progress.best_score:
            self.progress.best_score = figures["score"]
            self.progress.best = {k: v.clone() for k, v in model.state_dict().items()}
        return figures

    def _model_to_judge(self) -> PreTrainedModel:
        if self.averaged is None:
            return self.trainee.model
        return cast("PreTrainedModel", self.averaged.module)

    def _save(self) -> None:
        """Write the checkpoint beside the old one, then take its place."""
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.checkpoint.with_suffix(".part")
        torch.save(self._state(), temporary)
        temporary.replace(self.checkpoint)

    def _state(self) -> dict[str, Any]:
        return {
            "identity": f"{self.identity} {self.n_steps}",
            "step": self.progress.step,
            "best_score": self.progress.best_score,
            "best": self.progress.best,
            "history": self.progress.history,
            "losses": self.progress.losses,
            "cpu_s": self.progress.cpu_s,
            "model": self.trainee.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "averaged": self.averaged.state_dict() if self.averaged else {},
        }

    def _restore(self) -> None:
        """Go on from the checkpoint, unless it is another run's."""
        if not self.checkpoint.is_file():
            return
        state = torch.load(self.checkpoint, weights_only=True, map_location="cpu")
        if state.get("identity") != f"{self.identity} {self.n_steps}":
            return
        self.trainee.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.averaged:
            self.averaged.load_state_dict(state["averaged"])
        known = {k: value for k, value in state.items() if k in Progress.__slots__}
        self.progress = Progress(**known)
