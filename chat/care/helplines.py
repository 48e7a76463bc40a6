"""Who can be called where: numbers with the source and the day of each.

A number that has no source is not here; people elsewhere get words instead.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("helplines.json")


@dataclass(frozen=True, slots=True)
class Line:
    """A helpline; `topic` is "crisis" or "abuse", `say` what a text begins with."""

    name: str
    topic: str
    call: str
    text: str
    say: str
    hours: str
    source: str
    checked: str

    @property
    def tel(self) -> str:
        return f"tel:{_digits(self.call)}"

    @property
    def sms(self) -> str:
        # "?&body=" is understood by both kinds of phones.
        return f"sms:{_digits(self.text)}" + (f"?&body={self.say}" if self.say else "")


@dataclass(frozen=True, slots=True)
class Country:
    """Where a person may be. Without `code` it is not known: then there are no lines."""

    code: str = ""
    name: str = ""
    emergency: Line | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """The one address for all other countries."""

    name: str
    what: str
    web: str
    source: str
    checked: str


def _digits(number: str) -> str:
    return re.sub(r"[^0-9+]", "", number)


def _line(given: dict[str, str], name: str = "", topic: str = "") -> Line:
    get = given.get
    return Line(
        name=get("name", name),
        topic=get("for", topic),
        call=get("call", ""),
        text=get("text", ""),
        say=get("say", ""),
        hours=get("hours", ""),
        source=given["source"],
        checked=given["checked"],
    )


def _country(code: str, given: dict[str, Any]) -> Country:
    urgent = given.get("emergency")
    return Country(
        code,
        given["name"],
        _line(urgent, "Emergency", "emergency") if urgent else None,
        tuple(_line(line) for line in given["lines"]),
    )


@functools.cache
def countries() -> dict[str, Country]:
    """By code, in the order of their names."""
    given = json.loads(FILE.read_text())["countries"]
    found = {code: _country(code, entry) for code, entry in given.items()}
    return dict(
        sorted(found.items(), key=lambda pair: pair[1].name.removeprefix("the "))
    )


@functools.cache
def directory() -> Directory:
    return Directory(**json.loads(FILE.read_text())["international"])


def country_for(accept_language: str, default: str, chosen: str = "") -> Country:
    """Where a person probably is: as they said, else as their browser says, else `default`.

    Only a region counts ("de-AT"): a language alone is spoken in several countries, and
    the numbers of the wrong one do not work.
    """
    regions = re.findall(r"[A-Za-z]{2,3}-([A-Za-z]{2})\b", accept_language[:200])
    for code in (chosen, *regions, default):
        if found := countries().get(code.upper()):
            return found
    return Country()
