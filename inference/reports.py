"""What `manage.py report` and `compare_frameworks` measured: read by the web, without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.errors import ModelFileError
from inference.model_files import read_manifest
from inference.registry import CLASSIFIERS, WEIGHTS_ROOT, weights_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORTS_ROOT = Path(__file__).resolve().parent.parent / "docs" / "models"
METRICS_NAME = "metrics.json"
COMPARISON_NAME = "comparison.json"
FRAMEWORKS_ROOT = REPORTS_ROOT.parent / "frameworks"
MATRIX_NAME = "matrix.json"
FORMAT = 1  # of both files; what another version of the report wrote is not read

# What the figures hang on, and what a manifest means that does not have it.
MEASURED_AT = (("version", ""), ("temperature", 1.0), ("sure_from", 0.0))

Figures = dict[str, Any]


def manifests(root: Path = WEIGHTS_ROOT) -> dict[str, Figures]:
    """Return the manifest of every classifier that has a readable one."""
    return dict(_manifests(root))


def _manifests(root: Path) -> Iterator[tuple[str, Figures]]:
    for name in CLASSIFIERS:
        try:
            yield name, read_manifest(weights_dir(name, root))
        except ModelFileError:
            continue  # the engine says why when it loads it; a page goes on without


def measured(
    reports: Path = REPORTS_ROOT, weights: Path = WEIGHTS_ROOT
) -> dict[str, Figures]:
    """Return the metrics of each classifier, in the registry's order.

    Metrics of other weights than those that lie there now, or of the same ones before
    they were calibrated again, are left out.
    """
    found = {}
    for name, manifest in manifests(weights).items():
        metrics = _read(reports / name / METRICS_NAME)
        if metrics and _is_of(metrics, manifest):
            found[name] = metrics
    return found


def _is_of(metrics: Figures, manifest: Figures) -> bool:
    return all(metrics[key] == manifest.get(key, old) for key, old in MEASURED_AT)


def comparison(reports: Path = REPORTS_ROOT) -> Figures:
    """Return the comparison with the paper, or nothing where none was written."""
    return _read(reports / COMPARISON_NAME)


def framework_matrix(folder: Path = FRAMEWORKS_ROOT) -> Figures:
    """Return PyTorch beside TensorFlow, or nothing where nothing was measured yet."""
    return _read(folder / MATRIX_NAME)


def _read(path: Path) -> Figures:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(found, dict) and found.get("format") == FORMAT
    return found if is_ours else {}
