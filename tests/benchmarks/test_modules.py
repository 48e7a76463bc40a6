"""The benchmarks are run by hand; here only that they can be, and against what."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = [path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")]
SHARED = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "msgpack")


@pytest.mark.parametrize("name", MODULES)
def test_it_imports(name: str) -> None:
    import_module(f"benchmarks.{name}")


def wanted(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text().splitlines()
    pairs = (re.match(r"([\w.-]+)(?:\[\w+\])?(.*)", line) for line in lines)
    return {pair[1].lower(): pair[2] for pair in pairs if pair}


def test_peers_run_on_the_versions_that_we_run_on() -> None:
    ours, theirs = wanted("requirements.txt"), wanted("requirements-bench.txt")
    for name in SHARED:
        assert theirs[name] == ours[name], name


def test_modules_are_short() -> None:
    for path in (ROOT / "benchmarks").rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 250, path.name
