"""Put what was measured between the marks of a page."""

from __future__ import annotations

import re
from pathlib import Path

RELIABILITY = Path(__file__).resolve().parent.parent / "docs" / "reliability.md"


def put(name: str, text: str, page: Path = RELIABILITY) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`."""
    marked = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
    page.write_text(marked.sub(lambda _: text + "\n", page.read_text()))
