"""Before it answers, the T5's encoder learns to read: what a pretrained encoder makes of a
text, word by word and as a whole, it must make of it too.

Sixty thousand pairs are too few to learn both what words mean and how to answer them.
Source: the layers' outputs as targets are those of https://arxiv.org/abs/1909.10351,
section 3; here the student's kind and its pieces differ, so that words are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity
from transformers import AutoModel, PreTrainedModel

from inference.prompt import END, NO_LABEL, USER, normalise_text
from inference.training.batches import pad, plan_batches
from inference.training.fit import FitSettings, Run
from inference.training.presets import packaged_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inference.training.order import Order

MAX_WORDS = 48
HELD_OUT = 500
FIT = FitSettings(
    epochs=1.5, learning_rate=5e-3, batch_size=32, weight_decay=0.0, relative=True
)


def warm_up(
    model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str], order: Order
) -> float:
    """Teach the model's encoder to read; return the distance left on held-out texts.

    Goes on from its own checkpoint, which stays until the whole order is done.
    """
    trainee = WarmUpTrainee(model, tokenizer, texts)
    run = Run(
        trainee, FIT, warm_up_checkpoint(order), f"warm up {len(texts)} {order.seed}"
    )
    return -run.fit().best_score


def warm_up_checkpoint(order: Order) -> Path:
    return order.work / "warm_up.pt"


class Reader(nn.Module):
    """The T5's encoder, and a matrix from its width to the pretrained encoder's."""

    def __init__(self, model: PreTrainedModel, width: int) -> None:
        super().__init__()
        self.encoder = cast("Any", model).get_encoder()
        self.widen = nn.Linear(model.config.d_model, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, L, width) of tokens (B, L), padded with 0."""
        states = self.encoder(input_ids=tokens, attention_mask=tokens != 0)
        widened: Tensor = self.widen(states.last_hidden_state)
        return widened


class WarmUpTrainee:
    """One minus the cosine of words and of whole texts, own encoder against pretrained."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str]
    ) -> None:
        """Hold the first `HELD_OUT` texts out to judge by; the order should be random."""
        folder = packaged_encoder()
        teacher = AutoModel.from_pretrained(str(folder))
        self.device = next(model.parameters()).device
        self.teacher = (
            teacher.eval().requires_grad_(requires_grad=False).to(self.device)
        )
        self.pieces = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.pieces.no_padding()
        self.pieces.no_truncation()
        reader = Reader(model, teacher.config.hidden_size).to(self.device)
        self.model = cast("PreTrainedModel", reader)
        self.tokenizer = tokenizer
        self.before = [tokenizer.token_to_id(token) or 0 for token in (NO_LABEL, USER)]
        self.after = [tokenizer.token_to_id(END) or 0]
        split = [normalise_text(text).split()[:MAX_WORDS] for text in texts]
        self.texts = [words for words in split if words]
        self.held_out = self.texts[:HELD_OUT]
        self.texts = self.texts[HELD_OUT:] or self.held_out
        self.n_texts = len(self.texts)

    def batches(self, epoch: int) -> list[list[int]]:
        lengths = [sum(map(len, words)) for words in self.texts]
        return plan_batches(lengths, FIT.batch_size, seed=FIT.seed, epoch=epoch)

    def loss(self, batch: list[int], epoch: int) -> Tensor:
        return self.gap([self.texts[i] for i in batch])

    def validate(self, model: PreTrainedModel) -> dict[str, float]:
        parts = [self.held_out[i : i + 50] for i in range(0, len(self.held_out), 50)]
        gap = sum(self.gap(part).item() for part in parts) / len(parts)
        return {"score": -gap, "gap": round(gap, 4)}

    def gap(self, texts: Sequence[Sequence[str]]) -> Tensor:
        """Return the mean of the words' and the texts' distances, 0 to 2."""
        own = _pooled(
            self.model, self.device, self.tokenizer, texts, self.before, self.after
        )
        ends = [[self.pieces.token_to_id(token) or 0] for token in ("[CLS]", "[SEP]")]
        with torch.no_grad():
            read = _hidden(self.teacher)
            other = _pooled(read, self.device, self.pieces, texts, *ends)
        return _distance(own[0], other[0]) + _distance(own[1], other[1])


def _hidden(teacher: PreTrainedModel) -> Any:
    def read(tokens: Tensor) -> Tensor:
        states = teacher(input_ids=tokens, attention_mask=(tokens != 0).long())
        hidden: Tensor = states.last_hidden_state
        return hidden

    return read


def _distance(own: Tensor, other: Tensor) -> Tensor:
    return (1 - cosine_similarity(own, other, dim=-1)).mean()


def _pooled(
    read: Any,
    device: torch.device,
    tokenizer: Tokenizer,
    texts: Sequence[Sequence[str]],
    before: list[int],
    after: list[int],
) -> tuple[Tensor, Tensor]:
    """Return the mean state of every word (W, D) and of every text (B, D)."""
    encoded = tokenizer.encode_batch(
        list(texts), is_pretokenized=True, add_special_tokens=False
    )
    ids = pad([[*before, *encoding.ids, *after] for encoding in encoded], 0)
    states: Tensor = read(ids.to(device))
    places = [[i for i, w in enumerate(e.word_ids) if w is not None] for e in encoded]
    words = [[w for w in e.word_ids if w is not None] for e in encoded]
    rows = torch.cat([states[b, len(before) :][p] for b, p in enumerate(places)])
    starts = [sum(map(len, texts[:b])) for b in range(len(texts))]
    of_word = torch.tensor(
        [s + w for s, row in zip(starts, words, strict=True) for w in row]
    )
    of_text = torch.tensor([b for b, row in enumerate(words) for _ in row])
    return _means(rows, of_word, starts[-1] + len(texts[-1])), _means(
        rows, of_text, len(texts)
    )


def _means(rows: Tensor, groups: Tensor, n_groups: int) -> Tensor:
    groups = groups.to(rows.device)
    sums = rows.new_zeros(n_groups, rows.shape[1]).index_add(0, groups, rows)
    counts = torch.bincount(groups, minlength=n_groups).clamp(min=1)
    return sums / counts[:, None]
