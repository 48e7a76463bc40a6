"""Learn from a trained classifier: its scores and, for a like-shaped student, its layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, mse_loss

if TYPE_CHECKING:
    from transformers import PreTrainedModel

TEMPERATURE = 2.0


@dataclass(frozen=True, slots=True)
class Teacher:
    """A classifier that shares the student's tokenizer; it is never trained itself.

    The loss is (1 - `share`) of the labels' cross entropy and `share` of the divergence
    from the teacher's scores at a temperature of 2
    (https://arxiv.org/abs/1503.02531, section 2), plus, with `layers`, the mean square
    difference of every layer's output (https://arxiv.org/abs/2004.02984, section 3.2).
    """

    model: PreTrainedModel
    share: float = 0.5
    layers: float = 0.0

    def loss(
        self,
        student: PreTrainedModel,
        encoded: dict[str, torch.Tensor],
        target: torch.Tensor,
    ) -> torch.Tensor:
        """Return the mean loss of a batch; `target` is (B, C), rows that sum to 1."""
        with_layers = self.layers > 0
        own = student(**encoded, output_hidden_states=with_layers)
        with torch.no_grad():
            other = self.model(**encoded, output_hidden_states=with_layers)
        loss = (1 - self.share) * cross_entropy(own.logits, target)
        loss = loss + self.share * _divergence(own.logits, other.logits)
        if with_layers:
            pairs = zip(own.hidden_states, other.hidden_states, strict=True)
            mask = encoded["attention_mask"].bool()
            gaps = [mse_loss(mine[mask], theirs[mask]) for mine, theirs in pairs]
            loss = loss + self.layers * torch.stack(gaps).mean()
        return loss


def _divergence(own: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    mine = log_softmax(own / TEMPERATURE, dim=-1)
    theirs = log_softmax(other / TEMPERATURE, dim=-1)
    divergence = kl_div(mine, theirs, reduction="batchmean", log_target=True)
    return TEMPERATURE**2 * divergence
