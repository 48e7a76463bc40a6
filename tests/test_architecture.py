"""Dependencies go one way, `emochat -> chat -> inference`, and torch stays where it is
needed (STYLE.md rules 1 to 4)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
OURS = ("emochat", "chat", "inference")
MAY_IMPORT = {
    "emochat": {"chat", "inference"},
    "chat": {"inference"},
    "inference": set(),
}
WEB = ("django", "channels", "daphne", "rest_framework", "allauth", "psycopg")
HEAVY = ("torch", "transformers", "tensorflow", "keras", "keras_hub")
# Commands are the entry to the whole, though Django wants them inside an app.
COMMANDS = ROOT / "chat" / "management"


def modules(app: str) -> list[Path]:
    return sorted((ROOT / app).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they lead"
            yield node.module or ""


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("app", OURS)
def test_imports_go_one_way(app: str) -> None:
    forbidden = set(OURS) - MAY_IMPORT[app] - {app}
    for path in modules(app):
        if not path.is_relative_to(COMMANDS):
            assert not tops(path) & forbidden, path.relative_to(ROOT)


def test_the_engine_knows_no_web_and_no_database() -> None:
    for path in modules("inference"):
        assert not tops(path) & {*WEB, "tests"}, path.relative_to(ROOT)


@pytest.mark.parametrize("app", OURS)
def test_the_product_does_not_import_its_tests(app: str) -> None:
    for path in modules(app):
        assert "tests" not in tops(path), path.relative_to(ROOT)


@pytest.mark.parametrize("app", ["emochat", "chat"])
def test_the_web_does_not_name_torch(app: str) -> None:
    for path in modules(app):
        if not path.is_relative_to(COMMANDS):
            assert not tops(path) & set(HEAVY), path.relative_to(ROOT)


def test_torch_and_tensorflow_never_meet() -> None:
    """Only TensorFlow's own package imports it, and that package never torch."""
    own = ROOT / "inference" / "tensorflow"
    for path in modules("inference"):
        heavy = tops(path) & set(HEAVY)
        forbidden = set(HEAVY[:2]) if path.is_relative_to(own) else set(HEAVY[2:])
        assert not heavy & forbidden, path.relative_to(ROOT)


def test_init_files_are_empty() -> None:
    for app in OURS:
        for path in modules(app):
            if path.name == "__init__.py" and path.parent.name != "inference":
                assert path.read_text().strip() == "", path.relative_to(ROOT)


def test_only_services_write() -> None:
    """Saving anywhere else would pass by the rules (STYLE.md rule 6)."""
    writes = {"save", "create", "bulk_create", "update_or_create", "get_or_create"}
    allowed = {ROOT / "chat/models.py"}  # the manager that Django asks for
    for path in modules("chat"):
        inside = path.relative_to(ROOT / "chat").parts[0]
        if inside in ("services", "migrations", "accounts") or path in allowed:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(
                node.func, ast.Attribute
            ):
                continue
            is_orm = ".objects" in ast.unparse(node.func.value)
            assert not (is_orm and node.func.attr in writes), f"{path}:{node.lineno}"


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


LOADED = f"print([name for name in {HEAVY} if name in sys.modules])"
SET_UP = (
    "import os, sys, django;"
    "os.environ['DJANGO_SETTINGS_MODULE'] = 'emochat.settings'; django.setup();"
)


def test_the_web_process_starts_without_torch() -> None:
    """All that `manage.py serve` imports, and every module of the chat.

    With two-factor sign-in on: some of them are loaded only then.
    """
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for app in ("chat", "emochat")
        for path in modules(app)
        if "migrations" not in path.parts and path.stem not in ("__init__", "settings")
    ]
    commands = [name for name in names if ".commands." in name]
    wanted = [name for name in names if name not in commands]
    wanted += [f"chat.management.commands.{name}" for name in ("serve", "engine")]
    wanted += ["django.contrib.admin.sites", "inference.hosts.factory"]
    code = f"import os; os.environ['EMOCHAT_MFA'] = '1'; {SET_UP} import importlib;"
    code += f"[importlib.import_module(name) for name in {wanted}]; {LOADED}"
    assert run_python(code) == "[]"


def test_migrating_needs_no_torch() -> None:
    code = f"{SET_UP} from django.core.management import call_command;"
    code += "call_command('check', verbosity=0);"
    code += "from django.core.management import load_command_class as load;"
    code += f"load('django.core', 'migrate'); {LOADED}"
    assert run_python(code) == "[]"


# --- Sizes (rule 13) ------------------------------------------------------------------

MAX_FILE_LINES = 250
MAX_FUNCTION_LINES = 50
# Tables, and lists of what there is: one concept each.
LONG_FILES = {"chat/models.py", "emochat/settings.py", "chat/services/reply_queue.py"}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def own_modules() -> list[Path]:
    files = [path for app in OURS for path in modules(app)]
    return [path for path in files if "migrations" not in path.parts]


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT))
        for path in own_modules()
        if len(path.read_text().splitlines()) > MAX_FILE_LINES
    }
    assert long <= LONG_FILES


def test_functions_are_short() -> None:
    for path in own_modules():
        for function in functions(path):
            n_lines = (function.end_lineno or 0) - function.lineno + 1
            assert n_lines <= MAX_FUNCTION_LINES, f"{path}: {function.name}"
