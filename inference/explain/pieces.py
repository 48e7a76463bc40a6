"""Work that is cut into pieces, so that others get their turn in between."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Result = TypeVar("Result")


class Row(Protocol):
    """What a model computes at once with others; its length is what it costs."""

    def __len__(self) -> int: ...


AnyRow = TypeVar("AnyRow", bound=Row)
# Yields how many padded tokens it has just computed; is sent how many it may compute next.
Pieces = Generator[int, int, Result]


def in_pieces(
    rows: Iterable[AnyRow], run: Callable[[Sequence[AnyRow]], Sequence[Result]]
) -> Pieces[list[Result]]:
    """Run all rows, as many together as their padded tokens may be, and at least one.

    A row is not made before its piece comes. Returns the results in the rows' order.
    """
    results: list[Result] = []
    piece: list[AnyRow] = []
    budget = yield 0
    for row in rows:
        if piece and _padded([*piece, row]) > budget:
            results += run(piece)
            budget = yield _padded(piece)
            piece = []
        piece.append(row)
    if piece:
        results += run(piece)
        yield _padded(piece)
    return results


def _padded(rows: Sequence[Row]) -> int:
    return len(rows) * max(len(row) for row in rows)
