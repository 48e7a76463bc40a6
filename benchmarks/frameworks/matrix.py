"""The decision matrix: rows with ratios, the paper's claims, what to take when."""

from __future__ import annotations

import math
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.frameworks.agreement import agreement
from benchmarks.frameworks.verdicts import claims, situations
from benchmarks.ratios import Ratio, ratio_of
from inference.reports import FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.frameworks.compare import Options
    from benchmarks.frameworks.runner import Found

Values = dict[str, list[float]]
QUIET = 0.10  # share of the machine that others may take, for times to be believed
MIB = 2**20
LEAST_PAIRS = 3
NOTABLE = 0.02  # what differs by less is of no use to who has to decide
NOT_CLEAR = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A row: where its values come from; `better` is 1 where more is, -1 where less is.

    `is_exact` for what comes out the same each time: one pair of it is enough to tell.
    """

    key: str
    title: str
    unit: str
    better: int
    values: Callable[[Found], Values]
    is_exact: bool = False


def _of(kind: str, key: str, factor: float = 1.0) -> Callable[[Found], Values]:
    def values(device: Found) -> Values:
        return {
            name: [one[key] * factor for one in answers if key in one]
            for name, answers in device[kind].items()
        }

    return values


def _explaining(device: Found) -> Values:
    """Return every text's seconds, seed by seed, the texts in one order for both."""
    return {
        name: [s for one in answers for s in one.get("lime_s", ())]
        for name, answers in device["explain"].items()
    }


def _folders(device: Found) -> Values:
    return {name: [size / 1e6] for name, size in device["folder_bytes"].items()}


MEASURES = (
    Measure("train_s", "Training", "s", -1, _of("train", "wall_s")),
    Measure("train_cpu_s", "Training, processor time", "s", -1, _of("train", "cpu_s")),
    Measure(
        "train_mib",
        "Peak memory, training",
        "MiB",
        -1,
        _of("train", "peak_bytes", 1 / MIB),
    ),
    Measure(
        "serve_mib",
        "Peak memory, serving",
        "MiB",
        -1,
        _of("serve", "peak_bytes", 1 / MIB),
    ),
    Measure("folder_mb", "Files as shipped (int8)", "MB", -1, _folders, is_exact=True),
    Measure(
        "usual_mb",
        "Weights in its usual file",
        "MB",
        -1,
        _of("evaluate", "usual_file_bytes", 1e-6),
        is_exact=True,
    ),
    Measure("import_s", "Starting the process", "s", -1, _of("serve", "import_s")),
    Measure("load_s", "Loading the model", "s", -1, _of("serve", "load_s")),
    Measure("first_s", "First prediction", "s", -1, _of("serve", "first_s")),
    Measure(
        "ready_s", "From start to first prediction", "s", -1, _of("serve", "ready_s")
    ),
    Measure("speed_1", "Predictions, one at a time", "1/s", 1, _of("serve", "speed_1")),
    Measure("speed_32", "Predictions, 32 at once", "1/s", 1, _of("serve", "speed_32")),
    Measure("lime_s", "One explanation by LIME", "s", -1, _explaining),
    Measure("accuracy", "Accuracy, test articles", "", 1, _of("evaluate", "accuracy")),
    Measure("macro_f1", "Macro F1, test articles", "", 1, _of("evaluate", "macro_f1")),
)


def matrix(options: Options, found: Found, machine: Found) -> Found:
    """Return what JSON, tables, figure and page are made of."""
    shares = [answer["others_share"] for answer in _answers(found)]
    busiest = max(shares, default=0.0)
    rows = {name: _rows(device) for name, device in found["devices"].items()}
    rows["cpu"].append(_lines_row(found["lines"]))
    agreed = {name: agreement(device) for name, device in found["devices"].items()}
    return {
        "format": FORMAT,
        "claims": claims(rows["cpu"]),
        "situations": situations(rows["cpu"]),
        "machine": machine,
        "options": asdict(options) | {"data": options.data.name},
        "prepared": found["prepared"],
        "others_share": busiest,
        "is_quiet": busiest <= QUIET,
        "rows": rows,
        "lines": found["lines"],
        "agreement": agreed,
    }


def _answers(found: Found) -> list[Found]:
    return [
        answer
        for device in found["devices"].values()
        for kind in ("train", "evaluate", "serve", "explain")
        for answers in device[kind].values()
        for answer in answers
    ]


def _rows(device: Found) -> list[Found]:
    return [_row(measure, measure.values(device)) for measure in MEASURES]


def _row(measure: Measure, values: Values) -> Found:
    """Return the medians, and TensorFlow's ratio to PyTorch's with its interval."""
    ours, theirs = values["tensorflow"], values["pytorch"]
    told = {k: getattr(measure, k) for k in ("key", "title", "unit", "better")}
    if not ours or len(ours) != len(theirs):
        return told | {"pytorch": None, "tensorflow": None, "ratio": None}
    ratio = ratio_of(ours, theirs)
    if math.isnan(ratio.median):
        return told | _medians(values) | {"ratio": None}
    return told | {
        **_medians(values),
        "values": values,
        "ratio": [round(v, 4) for v in (ratio.median, ratio.low, ratio.high)],
        "pairs": ratio.n_pairs,
        "winner": _winner(measure, ratio),
    }


def _medians(values: Values) -> Found:
    return {name: round(statistics.median(own), 4) for name, own in values.items()}


def _winner(measure: Measure, ratio: Ratio) -> str:
    """Name the better one where the interval excludes 1, by pairs and by much enough."""
    is_told = measure.is_exact or ratio.n_pairs >= LEAST_PAIRS
    is_notable = abs(ratio.median - 1) >= NOTABLE
    if not (is_told and is_notable and ratio.excludes_one):
        return NOT_CLEAR
    return "tensorflow" if (ratio.low > 1) == (measure.better > 0) else "pytorch"


def _lines_row(lines: dict[str, dict[str, int]]) -> Found:
    """Count once: there is nothing to draw an interval from."""
    values: dict[str, Sequence[float]] = {
        k: [float(v)] for k, v in lines["all"].items()
    }
    measure = Measure(
        "lines", "Our own lines of code", "lines", -1, _of("", ""), is_exact=True
    )
    return _row(measure, {name: list(own) for name, own in values.items()})


def row_of(found: Found, key: str, device: str = "cpu") -> dict[str, Any]:
    rows = found["rows"][device]
    return next(row for row in rows if row["key"] == key)
