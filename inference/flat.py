"""Read texts of unlike length side by side without computing anything for padding.

The tokens of all texts go through an encoder's layers as one row; only attention lays them
out text by text again. Of the last layer nothing is computed but each text's first token,
the only one that a classification head looks at. Float32 as before: scores differ by 1e-6.

Shapes: B texts, L tokens of the longest, T tokens of all together, H heads, W width.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "emochat_flat"  # among transformers' implementations of attention
# Where each family keeps its encoder, and which layers of an attention make keys and values
# of the hidden states: none where, as in MobileBERT, they are made of something narrower.
_USUAL = ("encoder", ("key", "value"))
_FAMILIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "bert": _USUAL,
    "roberta": _USUAL,
    "electra": _USUAL,
    "distilbert": ("transformer", ("k_lin", "v_lin")),
    "mobilebert": ("encoder", ()),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Where each text's tokens are in the one row, and where in (B, L).

    Where only first tokens go through a layer, it makes its keys and values, by the layers
    named `keys_values`, of the `whole` row (1, T, W).
    """

    n_texts: int
    longest: int
    real: Tensor  # of the B * L places those that are no padding, (T,)
    places: (
        Tensor  # of each of the B * L the token in the row; any, where it is padding
    )
    firsts: Tensor  # each text's first token in the row, (B,)
    mask: Tensor | None  # (B, 1, 1, L), true where there is a token; None: everywhere
    whole: Tensor | None = None
    keys_values: tuple[str, ...] = ()

    @classmethod
    def of(cls, lengths: Sequence[int]) -> Rows:
        n, longest = torch.tensor(lengths), max(lengths)
        firsts = n.cumsum(0) - n
        is_real = torch.arange(longest) < n[:, None]
        places = firsts[:, None] + torch.arange(longest)
        places = places.where(is_real, 0).flatten()
        real = is_real.flatten().nonzero().squeeze(1)
        mask = None if bool(is_real.all()) else is_real[:, None, None]
        return cls(len(lengths), longest, real, places, firsts, mask)

    def apart(self, row: Tensor) -> Tensor:
        """Return (B, H, L, W) of (1, H, T, W)."""
        of_tokens = row[0].transpose(0, 1).flatten(1)
        if self.mask is not None:
            of_tokens = of_tokens.index_select(0, self.places)
        shape = (self.n_texts, self.longest, row.shape[1], row.shape[3])
        return of_tokens.view(shape).transpose(1, 2)

    def together(self, texts: Tensor) -> Tensor:
        """Return (1, T, ...) of (B, L, ...)."""
        of_tokens = texts.flatten(0, 1)
        if self.mask is not None:
            of_tokens = of_tokens.index_select(0, self.real)
        return of_tokens.unsqueeze(0)


def _forward(
    encoder: Any,
    keys_values: tuple[str, ...],
    hidden_states: Tensor,
    attention_mask: Tensor | None = None,
    rows: Rows | None = None,
    **more: Any,
) -> Any:
    """Do an encoder's forward; told of `rows`, return first tokens alone, (B, 1, W)."""
    if rows is None:
        forward = type(encoder).forward
        return forward(encoder, hidden_states, attention_mask=attention_mask, **more)
    *layers, last = encoder.layer
    row = rows.together(hidden_states)
    for layer in layers:
        row = layer(row, None, rows=rows)
    firsts = _last(last, row, rows, keys_values)[0].unsqueeze(1)
    return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=firsts)


def _last(layer: Any, row: Tensor, rows: Rows, keys_values: tuple[str, ...]) -> Any:
    if not keys_values:
        return layer(row, None, rows=rows)[:, rows.firsts]
    reduced = replace(rows, whole=row, keys_values=keys_values)
    return layer(row[:, rows.firsts], None, rows=reduced)


def flattened(model: Any) -> bool:
    """Have a classifier take `rows`; return whether its family and device let it.

    Its modules and their names stay as they are: it can be read and saved as before.
    """
    family = _FAMILIES.get(model.config.model_type)
    if family is None or model.device.type != "cpu":
        return False
    name, keys_values = family
    encoder = getattr(model.base_model, name)
    encoder.forward = partial(_forward, encoder, keys_values)
    model.config._attn_implementation = NAME
    return True


def _attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    rows: Rows | None = None,
    **more: Any,
) -> tuple[Tensor, None]:
    if rows is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **more)
    if rows.whole is None:
        queries = rows.apart(query)
        return rows.together(_attended(queries, key, value, rows, more)), None
    n_heads = query.shape[1]
    key, value = (
        getattr(module, name)(rows.whole).unflatten(-1, (n_heads, -1)).transpose(1, 2)
        for name in rows.keys_values
    )
    queries = query.transpose(0, 2)  # (B, H, 1, W)
    return _attended(queries, key, value, rows, more).transpose(0, 1), None


def _attended(
    queries: Tensor, key: Tensor, value: Tensor, rows: Rows, more: dict[str, Any]
) -> Tensor:
    """Return (B, queries a text, H, W)."""
    found = F.scaled_dot_product_attention(
        queries, rows.apart(key), rows.apart(value), rows.mask, scale=more["scaling"]
    )
    return found.transpose(1, 2)


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, sdpa_mask)
