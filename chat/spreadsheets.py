"""CSV that a spreadsheet shows and does not run."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What makes a cell a formula, and what some programs drop before they look.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)


def guarded(cell: object) -> object:
    """Return the cell, with an apostrophe before a text that would be a formula."""
    if isinstance(cell, (dict, list)):
        return json.dumps(cell, ensure_ascii=False)
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS):
        return "'" + cell
    return cell


def to_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    """Return the rows as CSV with a header line; every text in it is guarded."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guarded(row[name]) for name in columns])
    return file.getvalue()
