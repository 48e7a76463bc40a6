"""Choose the next token of every row, in one go.

The choice is a function of the row alone: its logits, its tokens so far, its seed and its
position. So the same seed gives the same reply whoever else is in the batch.
A token is a column of the logits. Shapes: B rows, V columns, T tokens so far (padded),
K tokens kept by top-k.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Heard = Mapping[tuple[int, ...], list[int]]
NEVER = float("-inf")
MASK_64 = (1 << 64) - 1
FOLDS = 10  # a row of scores is looked at as so many lines, one below the other


class DecodingRules(Protocol):
    """How a reply is sampled; temperature 0 always takes the likeliest token."""

    @property
    def temperature(self) -> float: ...
    @property
    def top_k(self) -> int: ...
    @property
    def top_p(self) -> float: ...
    @property
    def repetition_penalty(self) -> float: ...
    @property
    def no_repeat_ngram(self) -> int: ...
    @property
    def no_repeat_heard(self) -> int: ...


def choose_tokens(
    logits: Tensor,
    written: Sequence[Sequence[int]],
    seeds: Sequence[int],
    rules: DecodingRules,
    heard: Sequence[Heard] = (),
) -> list[int]:
    """Return one token a row, given logits (B, V) and what each row has written so far.

    `heard` holds for each row what `heard_ngrams` made of earlier replies; no n-gram of
    them is written again.
    """
    scores = logits.float().clone()
    if any(written):
        history, lengths = _pad(written, scores.device)
        _penalise_repeats(scores, history, lengths, rules.repetition_penalty)
        _ban_repeated_ngrams(scores, history, lengths, rules.no_repeat_ngram)
        if any(heard):
            _ban_heard(scores, written, heard)
    if rules.temperature <= 0:
        return _top(scores, 1)[1].squeeze(1).tolist()
    noise = [uniform(seed, len(row)) for seed, row in zip(seeds, written, strict=True)]
    return _sample(scores, noise, rules).tolist()


def uniform(seed: int, position: int) -> float:
    """Return a number in [0, 1) that depends on seed and position only: splitmix64.

    Source: https://prng.di.unimi.it/splitmix64.c
    """
    z = (seed * 0xD1342543DE82EF95 + (position + 1) * 0x9E3779B97F4A7C15) & MASK_64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK_64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK_64
    return ((z ^ (z >> 31)) >> 11) / (1 << 53)


def _pad(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the tokens as (B, T), padded with -1, and their counts (B, 1)."""
    longest = max(len(row) for row in rows)
    padded = [[*row, *[-1] * (longest - len(row))] for row in rows]
    lengths = [[len(row)] for row in rows]
    return torch.tensor(padded, device=device), torch.tensor(lengths, device=device)


def _penalise_repeats(
    scores: Tensor, history: Tensor, lengths: Tensor, penalty: float
) -> None:
    """Make what a row has already written less likely, in place.

    Source: CTRL, https://arxiv.org/abs/1909.05858, section 4.1, as transformers does it.
    """
    if penalty == 1.0:
        return
    # Padding repeats the row's first token; an empty row's scores stay as they are.
    seen = torch.where(history < 0, history[:, :1].clamp(min=0), history)
    old = scores.gather(1, seen)
    new = torch.where(old < 0, old * penalty, old / penalty)
    scores.scatter_(1, seen, torch.where(lengths > 0, new, old))


def _ban_repeated_ngrams(
    scores: Tensor, history: Tensor, lengths: Tensor, size: int
) -> None:
    """Forbid, in place, any token that would write an n-gram a second time."""
    if size < 1 or history.shape[1] < size:
        return
    windows = history.unfold(1, size, 1)  # (B, T - size + 1, size)
    ends = torch.arange(1 - size, 0, device=history.device) + lengths  # (B, size - 1)
    suffix = history.gather(1, ends.clamp(min=0)).unsqueeze(1)
    is_repeat = (windows[:, :, :-1] == suffix).all(-1) & (windows[:, :, -1] >= 0)
    rows, places = torch.nonzero(is_repeat & (lengths >= size), as_tuple=True)
    scores[rows, windows[rows, places, -1]] = NEVER


def heard_ngrams(replies: Iterable[Sequence[int]], size: int) -> Heard:
    """Return which tokens would end an n-gram of the replies, by the tokens before it."""
    found: dict[tuple[int, ...], list[int]] = {}
    if size < 2:
        return found
    for tokens in replies:
        for end in range(size - 1, len(tokens)):
            before = tuple(tokens[end - size + 1 : end])
            found.setdefault(before, []).append(tokens[end])
    return found


def _ban_heard(
    scores: Tensor, written: Sequence[Sequence[int]], heard: Sequence[Heard]
) -> None:
    """Forbid, in place, any token that would write an n-gram of the replies heard."""
    for place, (row, ends) in enumerate(zip(written, heard, strict=True)):
        if not ends:
            continue
        size = len(next(iter(ends)))
        banned = ends.get(tuple(row[-size:]))
        if banned:
            scores[place, banned] = NEVER


def _top(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k best scores of each row and their tokens (B, k), best first.

    The k best lie in the k columns with the best maxima, so only those are sorted:
    at 16 rows twice as fast as `topk` over a vocabulary.
    """
    n, size = scores.shape
    if size % FOLDS or size // FOLDS <= k:
        best = scores.topk(k, dim=-1)
        return best.values, best.indices
    folded = scores.view(n, FOLDS, size // FOLDS)
    columns = folded.amax(1).topk(k, dim=-1).indices  # (B, k)
    among = folded.gather(2, columns[:, None].expand(-1, FOLDS, -1)).view(n, -1)
    top, places = among.topk(k, dim=-1)
    rows, places = places // k, places % k
    return top, rows * folded.shape[2] + columns.gather(1, places)


def _sample(scores: Tensor, noise: Sequence[float], rules: DecodingRules) -> Tensor:
    """Return one token a row (B) by inverting the cumulative probabilities at the noise."""
    n_kept = min(rules.top_k or scores.shape[1], scores.shape[1])
    top, tokens = _top(scores, n_kept)
    shares = (top / rules.temperature).softmax(-1)
    before = shares.cumsum(-1) - shares
    is_beyond = (before >= rules.top_p) & (before > 0)  # the first one always stays
    shares = shares.masked_fill(is_beyond, 0.0)
    sums = shares.cumsum(-1)
    aims = torch.tensor(noise, device=scores.device).unsqueeze(1) * sums[:, -1:]
    places = (sums <= aims).sum(-1, keepdim=True)
    n_left = (shares > 0).sum(-1, keepdim=True)
    return tokens.gather(1, torch.minimum(places, n_left - 1)).squeeze(1)
