"""How weights are updated: groups of one rate and one decay, and their moving average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

    from inference.training.fit import FitSettings


def averaged(model: PreTrainedModel, decay: float) -> AveragedModel | None:
    if not decay:
        return None
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(model, multi_avg_fn=average)


def parameter_groups(
    model: PreTrainedModel, settings: FitSettings
) -> list[dict[str, Any]]:
    """Group weights of one rate; only matrices decay, norms and biases are left alone."""
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for weight in model.parameters():
        if weight.requires_grad:
            decay = settings.weight_decay if weight.ndim > 1 else 0.0
            scale = _size(weight) if settings.relative else 1.0
            groups.setdefault((decay, scale), []).append(weight)
    return [
        {"params": weights, "weight_decay": decay, "scale": scale}
        for (decay, scale), weights in groups.items()
    ]


def _size(weight: torch.Tensor) -> float:
    """Return the root mean square, at least 1e-3.

    A T5's embeddings start a hundred times larger than its queries: one rate for both is
    too slow for the first and too fast for the second.
    Source: Adafactor, https://arxiv.org/abs/1804.04235, section 8.
    """
    return max(1e-3, float(weight.detach().square().mean().sqrt()))
