"""Lines of our own code that each framework needs for one BERT classifier.

Counted are lines that hold code: no blank ones, comments, docstrings or imports. Of a
module that does more than this, only the functions and classes named here count.
"""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

from benchmarks.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inference.registry import Framework

SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
TYPES_ONLY = "TYPE_CHECKING"
# Task -> framework -> (module of `inference`, what counts of it; nothing named: all).
Part = tuple[str, tuple[str, ...]]
LOADED = ("load_classifier", "_config", "_build", "_read_state")
FITTED = (
    "n_steps_of",
    "share_of_rate",
    "Interrupted",
    "Progress",
    "Run",
    "FitSettings",
)
TASKS: dict[str, dict[Framework, Sequence[Part]]] = {
    "load": {
        "pytorch": [("loading", (*LOADED, "_fill", "freeze"))],
        "tensorflow": [
            ("tensorflow/loading", ()),
            ("tensorflow/model", ()),
            ("tensorflow/weights", ()),
        ],
    },
    "classify": {
        "pytorch": [("classifier", ())],
        "tensorflow": [("tensorflow/classifier", ())],
    },
    "train": {
        "pytorch": [
            ("training/fit", FITTED),
            ("training/optimizing", ("parameter_groups",)),
            ("training/scoring", ("as_batch", "_logits")),
        ],
        "tensorflow": [("tensorflow/fit", ())],
    },
}


def count_lines() -> dict[str, dict[str, int]]:
    """Return how many lines each framework needs for each task, and for all."""
    found: dict[str, dict[str, int]] = {
        task: {str(k): sum(map(_lines_of, parts)) for k, parts in sides.items()}
        for task, sides in TASKS.items()
    }
    names = ("pytorch", "tensorflow")
    found["all"] = {name: sum(part[name] for part in found.values()) for name in names}
    return found


def _lines_of(part: Part) -> int:
    module, names = part
    source = (ROOT / "inference" / f"{module}.py").read_text()
    return len(_code_lines(source) & set(_counted(source, names)))


def _counted(source: str, names: Sequence[str]) -> Iterator[int]:
    """Yield the lines of what is named; raise KeyError for what is not there."""
    tree = ast.parse(source)
    if not names:
        yield from range(1, len(source.splitlines()) + 1)
        return
    kinds = ast.FunctionDef | ast.ClassDef
    own = {node.name: node for node in tree.body if isinstance(node, kinds)}
    for name in names:
        node = own[name]
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        yield from range(first, (node.end_lineno or 0) + 1)


def _code_lines(source: str) -> set[int]:
    """Return the numbers of the lines that hold code."""
    spared = {
        line for node in ast.walk(ast.parse(source)) for line in _spared_lines(node)
    }
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    held = {
        line
        for token in tokens
        if token.type not in SILENT
        for line in range(token.start[0], token.end[0] + 1)
    }
    return held - spared


def _spared_lines(node: ast.AST) -> range:
    """Return the lines of an import, of what only imports for types, of a docstring."""
    is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == TYPES_ONLY
    if isinstance(node, ast.Import | ast.ImportFrom) or is_for_types:
        return _range_of(node)
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if not isinstance(node, kinds) or ast.get_docstring(node) is None:
        return range(0)
    return _range_of(node.body[0])


def _range_of(node: ast.AST) -> range:
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    return range(first, last + 1)
