"""A part of `make bench` that drives the whole product: its server, its options, its results."""

from __future__ import annotations

import argparse
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.processes import ROOT, describe_machine
from tests.faults.cluster import Cluster
from tests.server import LiveServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Found = dict[str, Any]
    Curves = dict[str, dict[str, dict[float, float]]]

RESULTS = ROOT / "benchmarks" / "results"
QUICK_RESULTS = ROOT / "var" / "bench" / "results"


@contextmanager
def started(
    name: str, kind: type[LiveServer] = LiveServer
) -> Iterator[tuple[LiveServer, Cluster]]:
    """Run a server on a database of its own."""
    with Cluster() as cluster:
        server = kind(cluster.socket_dir, cluster.folder / name)
        try:
            server.start()
            yield server, cluster
        finally:
            if server.process:
                server.stop()


def run_part(
    name: str,
    measure: Callable[[bool], Found],
    write: Callable[[Found, Path], None],
    arguments: Sequence[str] | None = None,
) -> None:
    """Read the options, measure (`True`: quickly), write the results."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="a try, no measurement")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    machine = describe_machine()
    found = measure(options.quick)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    out = options.out or (QUICK_RESULTS if options.quick else RESULTS)
    write({"machine": {**machine, "when": when}, **found}, out)


def store(name: str, found: Found, page: str, folder: Path) -> None:
    """Write NAME.json and NAME.md, and show the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    (folder / f"{name}.md").write_text(page)
    print(page)


def draw(panels: Curves, x: str, path: Path) -> None:
    """Draw the curves, where matplotlib is installed."""
    try:
        from benchmarks.figures import draw_curves
    except ImportError:
        print("No figure: matplotlib is not installed.")
        return
    draw_curves(panels, x, path)
