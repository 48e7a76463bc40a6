"""Rows for spreadsheet programs, none of whose cells is taken for a formula.

Source: OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def plain(value: Any) -> str:
    """Return the value as text; what could start a formula gets an apostrophe."""
    text = "" if value is None else str(value)
    # Spreadsheets look past leading spaces, and take full-width signs for the others.
    first = text.lstrip(" \u00a0\ufeff").translate(NARROW)[:1]
    return f"'{text}" if first in STARTS_FORMULA and first else text


NARROW = str.maketrans("＝＋－＠｜％", "=+-@|%")


def download(
    name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """Return a CSV file that browsers save and nobody caches."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    writer = csv.writer(response, quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    writer.writerows([plain(cell) for cell in row] for row in rows)
    return response
