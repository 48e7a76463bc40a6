"""The product's benchmarks, with as few people and messages as show that they work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import growth, growth_report, product, product_report
from benchmarks.people import Told
from benchmarks.probed_server import read_lags
from benchmarks.processes import describe_machine
from benchmarks.waits import of_messages, replies_a_second, spread

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = {**describe_machine(), "when": "now"}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_people_write_and_the_table_is_written(tmp_path: Path) -> None:
    found = product.run(product.Plan((1, 2), 3.0, (2,), 4.0, 4, n_rounds=1))
    product_report.write({"machine": MACHINE, **found}, tmp_path)
    alone = found["levels"][0]
    assert alone["n_sent"] > 0
    assert alone["whole_ms"]["n"] == alone["n_sent"]
    assert alone["ack_ms"]["p50"] < alone["emotion_ms"]["p50"]
    assert alone["first_ms"]["p50"] < alone["whole_ms"]["p50"]
    assert alone["lag_ms"]["n"] > 0
    (both,) = found["rounds"]
    for level in [*found["levels"], both["overload"]]:
        assert (level["n_lost"], level["n_doubled"]) == (0, 0)
        assert level["violations"] == []
        assert min(level["memory_mib"].values()) > 0
    assert both["push"]["goodput"] > 0
    assert "Capacity" in (tmp_path / "product.md").read_text()
    assert (tmp_path / "product.svg").exists()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_growth_is_measured(tmp_path: Path) -> None:
    plan = growth.Plan((1, 2), (10, 200), (10, 50, 60), 300, 60, 1, 1)
    found = growth.run(plan)
    growth_report.write({"machine": MACHINE, **found}, tmp_path)
    assert found["n_table"] >= 300
    assert set(found["history"]) == {10, 50, 60}
    assert all(one[0]["snapshot_ms"] > 0 for one in found["history"].values())
    assert "how many times the row of 50" in (tmp_path / "growth.md").read_text()


def told(sent_s: float, **more: float | str) -> Told:
    one = Told("id", sent_s)
    for name, value in more.items():
        setattr(one, name, value)
    return one


def test_waits_are_told_from_the_sending() -> None:
    some = [told(1.0, ack_s=1.25), told(2.0, error="overloaded", error_s=2.5)]
    found = of_messages(some)
    assert found["ack_ms"]["p50"] == 250
    assert found["ack_ms"]["n"] == 1
    assert found["error_ms"]["max"] == 500
    assert found["errors"] == {"overloaded": 1}


def test_goodput_counts_whole_replies_of_the_stretch() -> None:
    some = [
        told(0.0, whole_s=1.0, reason="stop"),
        told(0.0, whole_s=3.0, reason="length"),
        told(0.0, whole_s=4.0, reason="deadline"),
        told(0.0, whole_s=9.0, reason="stop"),
    ]
    assert replies_a_second(some, 2.0, 6.0) == 0.25


def test_lag_is_read_of_the_stretch(tmp_path: Path) -> None:
    path = tmp_path / "lag.txt"
    path.write_text("1.000 0.10\n2.000 5.00\n3.000 7.00\n4.0")
    assert read_lags(path, 1.5, 3.5) == [5.0, 7.0]
    assert spread([5.0, 7.0])["max"] == 7.0


@pytest.mark.parametrize("length", [10, 100, 4_000])
def test_texts_have_the_length_asked_for(length: int) -> None:
    assert len(growth.text_of(length)) == length
