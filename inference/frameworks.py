"""Where each framework is: TensorFlow is optional, and has an interpreter of its own.

PyTorch and TensorFlow never share a process: both bring their own OpenMP, oneDNN and
protobuf, and each takes a core's worth of threads and half a gigabyte. ADR 0045.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.registry import Framework

OWN_VENV = Path(__file__).resolve().parent.parent / ".venv-tf" / "bin" / "python"
NEEDED = ("tensorflow", "keras_hub")
HOW_TO_INSTALL = "TensorFlow is not installed; make setup-tensorflow installs it."

# What a process of that framework must find set before its first import.
ENVIRONMENT: dict[Framework, dict[str, str]] = {
    "pytorch": {},
    "tensorflow": {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"},
}


def tensorflow_python(named: str = "") -> str | None:
    """Return the interpreter that has TensorFlow and KerasHub, or None.

    The one that is named, of `.venv-tf`, or this process's own; nothing is imported, so
    that asking costs nothing.
    """
    for python in filter(None, (named, str(OWN_VENV))):
        if os.access(python, os.X_OK):
            return python
        if named:
            return None
    return sys.executable if _has_it_here() else None


@cache
def _has_it_here() -> bool:
    return all(importlib.util.find_spec(name) for name in NEEDED)


def python_of(framework: Framework, named: str = "") -> str | None:
    """Return the interpreter that runs the framework, None where there is none."""
    return tensorflow_python(named) if framework == "tensorflow" else sys.executable


def environment_of(framework: Framework) -> dict[str, str]:
    """Return this process's environment with what the framework needs set in it."""
    return os.environ | ENVIRONMENT[framework]
