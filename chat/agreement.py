"""How far reviewers agree beyond chance: Cohen's kappa.

Source: Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and
Psychological Measurement 20(1), 1960, https://doi.org/10.1177/001316446002000104
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from chat.models import Review, User

if TYPE_CHECKING:
    from collections.abc import Sequence

REJECTED = "rejected"  # a judgement like a label; "unsure" is none


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two reviewers said about the `n` messages that both judged."""

    one: str
    other: str
    n: int
    share: float
    kappa: float | None


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return kappa, 1 for full agreement and 0 for chance; None where it is undefined."""
    n = len(pairs)
    ones, others = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    by_chance = sum(ones[label] * others[label] for label in ones) / (n * n) if n else 1
    if by_chance == 1:
        return None
    observed = sum(one == other for one, other in pairs) / n
    return (observed - by_chance) / (1 - by_chance)


def agreements() -> list[Agreement]:
    """Every two reviewers who judged a message both, most messages first; two queries."""
    said: dict[int, dict[int, str]] = defaultdict(dict)
    judged = Review.objects.exclude(verdict=Review.Verdict.UNSURE)
    for message, reviewer, label in judged.values_list("message", "reviewer", "label"):
        said[message][reviewer] = label or REJECTED
    pairs: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
    for labels in said.values():
        for one, other in combinations(sorted(labels), 2):
            pairs[one, other].append((labels[one], labels[other]))
    names = {user.pk: str(user) for user in User.objects.filter(reviews__isnull=False)}
    found = [
        _agreement(names[one], names[other], both)
        for (one, other), both in pairs.items()
    ]
    return sorted(found, key=lambda one: -one.n)


def _agreement(one: str, other: str, pairs: list[tuple[str, str]]) -> Agreement:
    share = sum(a == b for a, b in pairs) / len(pairs)
    return Agreement(one, other, len(pairs), share, cohens_kappa(pairs))
