"""Judge texts by classifiers that did not learn from them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

N_FOLDS = 5
MAX_STEPS = 100
SCALE = 8.0  # of unit vectors, so that a weight of 1 matters
WEIGHT_DECAY = 2e-4
LABEL_SMOOTHING = 0.05


class CrossFitted:
    """Logistic regressions over vectors, one a fold, learnt from the other folds.

    Which fold a text is in is a function of the text: the same one asked again is never
    judged by a regression that has seen it.
    """

    def __init__(
        self,
        texts: Sequence[str],
        vectors: Tensor,
        targets: Sequence[int],
        classes: int,
    ) -> None:
        """Learn from vectors (N, width) of length 1 and the class of each."""
        folds, of_each = _folds(texts), torch.tensor(targets, dtype=torch.long)
        self._models = [
            _fitted(vectors[folds != n], of_each[folds != n], classes)
            for n in range(N_FOLDS)
        ]

    @torch.no_grad()
    def scores(self, texts: Sequence[str], vectors: Tensor) -> Tensor:
        """Return (N, classes), each row adding up to 1."""
        folds = _folds(texts)
        every = torch.stack([model(SCALE * vectors) for model in self._models])
        return every[folds, torch.arange(len(texts))].softmax(dim=-1)


def _folds(texts: Sequence[str]) -> Tensor:
    folds = [zlib.crc32(text.encode()) % N_FOLDS for text in texts]
    return torch.tensor(folds, dtype=torch.long)


def _fitted(vectors: Tensor, targets: Tensor, classes: int) -> nn.Linear:
    model = nn.Linear(vectors.shape[1], classes)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    if not len(targets):
        return model  # nothing is known: every class is as likely
    measure = nn.CrossEntropyLoss(label_smoothing=LABEL_SMOOTHING)
    optimizer = torch.optim.LBFGS(
        model.parameters(), max_iter=MAX_STEPS, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        decay = WEIGHT_DECAY * model.weight.square().sum()
        found: Tensor = measure(model(SCALE * vectors), targets) + decay
        found.backward()  # type: ignore[no-untyped-call]
        return found

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return model
