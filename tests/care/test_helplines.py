from __future__ import annotations

import json
import re
from datetime import date

import pytest

from chat.care import helplines
from chat.care.helplines import Country, countries, country_for

ENTRIES = [
    (code, entry)
    for code, country in json.loads(helplines.FILE.read_text())["countries"].items()
    for entry in [*country["lines"], *filter(None, [country.get("emergency")])]
]


@pytest.mark.parametrize(("code", "entry"), ENTRIES)
def test_no_number_ships_without_a_source_and_a_day(code: str, entry: dict) -> None:
    assert re.fullmatch(r"[A-Z]{2}", code)
    assert entry["source"].startswith(("https://", "http://"))
    assert date(2026, 1, 1) <= date.fromisoformat(entry["checked"])
    assert entry.get("call") or entry.get("text")
    assert entry.keys() <= {
        *("name", "for", "call", "text", "say", "hours", "source", "checked")
    }


def test_links_dial_what_is_written() -> None:
    line = countries()["AU"].lines[0]
    assert (line.tel, line.sms) == ("tel:131114", "sms:0477131114")
    assert countries()["GB"].lines[1].sms == "sms:85258?&body=SHOUT"


def test_every_country_has_somebody_to_call() -> None:
    for country in countries().values():
        assert any(line.topic == "crisis" for line in country.lines), country.name


@pytest.mark.parametrize(
    ("accept", "default", "chosen", "code"),
    [
        ("en-US,en;q=0.9", "", "", "US"),
        ("de-AT,de;q=0.9,en-US;q=0.8", "", "", "AT"),
        ("de", "", "", ""),
        ("de", "DE", "", "DE"),
        ("en-US", "DE", "", "US"),
        ("en-US", "", "nz", "NZ"),
        ("en-US", "", "xx", "US"),
        ("", "", "", ""),
        ("zz-ZZ", "", "", ""),
        ("*;q=" + "x" * 9000, "", "", ""),
    ],
)
def test_only_a_region_says_where_somebody_is(accept, default, chosen, code) -> None:
    assert country_for(accept, default, chosen).code == code


def test_nowhere_means_words_only() -> None:
    assert Country().lines == ()
    assert Country().emergency is None
