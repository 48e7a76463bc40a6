"""`python -m benchmarks.engine --quick`, from weights to table, on the shipped models."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import engine, engine_report, parity
from benchmarks.contenders import OURS, SPECS
from benchmarks.engine_run import Run
from benchmarks.ratios import Ratio
from tests.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PEER = "ctranslate2-fp32"


def run_quickly(folder: Path) -> None:
    """In a process of its own, which pins itself to a core."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "benchmarks.engine", "--quick", "--rounds=1"]
    command += [f"--only=emochat,naive,{PEER}", f"--models={folder / 'models'}"]
    done = subprocess.run(
        [*command, f"--out={folder}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_quick_run_measures_us_and_a_peer(tmp_path: Path) -> None:
    run_quickly(tmp_path)
    found = json.loads((tmp_path / "engine.json").read_text())
    assert found["parity"][OURS]["reply"]["worst"] <= 1e-3
    assert found["parity"]["naive"]["reply"]["worst"] <= 1e-3
    closed = [case for case in found["cases"] if case["load"] == "closed"]
    assert [case["clients"] for case in closed] == [1, 4, 1, 4]
    for case in closed:
        for name in (OURS, "naive"):
            (figures,) = case["figures"][name]
            assert figures["n_done"] > 0
            assert figures["n_errors"] == figures["n_unfinished"] == 0
            assert figures["cpu_ms"] > 0
    page = (tmp_path / "engine.md").read_text()
    assert "P0 transformers, one by one" in page
    assert (PEER in found["not_measured"]) == (find_spec("ctranslate2") is None)
    if PEER in found["not_measured"]:
        assert (
            "not measured: ModuleNotFoundError: No module named 'ctranslate2'" in page
        )
    assert (tmp_path / "engine.svg").read_text().startswith("<?xml")


def figures(**more: float) -> dict[str, float]:
    keys = (
        "first_p50_ms",
        "first_p99_ms",
        "whole_p50_ms",
        "whole_p99_ms",
        "messages_s",
    )
    keys += ("cpu_ms", "n_unfinished", "n_errors", "others_share")
    return dict.fromkeys(keys, 1.0) | {"others_share": 0.0} | more


def a_run() -> Run:
    return Run(replace(engine.QUICK, n_rounds=4), stage=None, names=list(SPECS))  # type: ignore[arg-type]


async def test_disturbed_rounds_are_repeated_and_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, shares = a_run(), iter([0.0, 0.9, 0.0, 0.0, 0.0, 0.0])
    run.running = {OURS: None}  # type: ignore[dict-item]

    async def block(*_: Any) -> dict[str, float]:
        return figures(others_share=next(shares))

    monkeypatch.setattr(Run, "_block", block)
    case = {"lane": "reply", "load": "closed", "clients": 1}
    await run.measure(case, lambda seed: None, "reply", [OURS])
    assert (case["n_rounds"], case["n_disturbed"]) == (4, 0)
    assert next(shares) == 0.0  # five were run: the disturbed one once more


async def test_where_it_is_never_quiet_the_table_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = a_run()
    run.running = {OURS: None}  # type: ignore[dict-item]

    async def block(*_: Any) -> dict[str, float]:
        return figures(others_share=0.9)

    monkeypatch.setattr(Run, "_block", block)
    case = {"lane": "reply", "load": "closed", "clients": 1}
    await run.measure(case, lambda seed: None, "reply", [OURS])
    assert (case["n_rounds"], case["n_disturbed"]) == (4, 4)


def test_being_behind_is_said() -> None:
    assert engine_report.verdict(Ratio(0.5, 0.4, 0.6, 8), is_less_better=True) == ""
    assert "behind" in engine_report.verdict(Ratio(0.5, 0.4, 0.6, 8), False)
    assert "behind" in engine_report.verdict(Ratio(1.5, 1.4, 1.6, 8), True)
    assert "undecided" in engine_report.verdict(Ratio(1.5, 0.9, 1.6, 8), True)


@pytest.mark.parametrize(
    ("lane", "found", "expected"),
    [
        ("reply", {"n": 8, "n_same": 8, "worst": 0.0}, ""),
        ("reply", {"n": 8, "n_same": 7, "worst": 5e-4}, ""),
        ("reply", {"n": 8, "n_same": 7, "worst": 0.3}, "nats"),
        ("classify", {"n": 8, "n_same": 8, "worst": 1e-6}, ""),
        ("classify", {"n": 8, "n_same": 8, "worst": 0.02}, "probabilities"),
        ("classify", {"n": 8, "n_same": 7, "worst": 1e-6}, "labels"),
    ],
)
def test_the_gate(lane: Any, found: dict[str, Any], expected: str) -> None:
    why = parity.fault(SPECS["gang"], lane, found)
    assert expected in why
    assert bool(why) == bool(expected)


def test_int8_may_be_a_little_off() -> None:
    found = {"n": 8, "n_same": 5, "worst": 0.3}
    assert not parity.fault(SPECS["ctranslate2-int8"], "reply", found)
