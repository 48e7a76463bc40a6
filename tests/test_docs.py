"""What the documents name is what the code has."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from chat import consumers, errors, inputs
from emochat import server

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
WEBSOCKET = (ROOT / "docs/websocket.md").read_text()
READ_OF_ENVIRONMENT = re.compile(
    r"""(?:env\.\w+|os\.environ\.get|os\.environ)[(\[]\s*["']([A-Z][A-Z0-9_]+)["']"""
)
# For tests only, or not ours.
NOT_FOR_PEOPLE = {"EMOCHAT_TEST_DECODER", "DJANGO_SETTINGS_MODULE"}


def settings_read() -> set[str]:
    sources = chain(*((ROOT / app).rglob("*.py") for app in ("emochat", "chat")))
    found = chain(*(READ_OF_ENVIRONMENT.findall(file.read_text()) for file in sources))
    return set(found) - NOT_FOR_PEOPLE


def settings_named_in_readme() -> set[str]:
    table = README.split("| NAME | default | meaning |")[1].split("\n\n")[0]
    first_cells = [
        row.split("|")[1] for row in table.splitlines() if row.count("|") > 2
    ]
    return set(chain(*(re.findall(r"`([A-Z_]+)`", cell) for cell in first_cells)))


def error_codes() -> dict[str, int]:
    """Each code with its status, of every error that people may be told."""
    found: dict[str, int] = {}
    todo = [errors.ChatError]
    while todo:
        kind = todo.pop()
        found[kind.code] = kind.status
        todo += kind.__subclasses__()
    return found


def test_readme_names_every_setting_and_no_other() -> None:
    assert settings_named_in_readme() == settings_read()


def test_the_example_file_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.M)) == settings_read()


def test_the_error_tree_is_told_as_it_is() -> None:
    for code in error_codes():
        assert re.search(rf"\b{code}\b", errors.__doc__ or ""), code


def test_every_error_code_is_documented() -> None:
    for code in error_codes():
        assert f"`{code}`" in WEBSOCKET, code


@pytest.mark.parametrize("kind", consumers.ChatConsumer.HANDLERS)
def test_every_command_is_documented(kind: str) -> None:
    assert re.search(rf"^\| `{re.escape(kind)}` \|", WEBSOCKET, re.M)


def test_every_event_is_documented() -> None:
    schema = {"schema.py", "sign_in.py", "operations.py"}  # whose types are JSON's
    files = [f for f in (ROOT / "chat").rglob("*.py") if f.name not in schema]
    sources = [file.read_text() for file in files]
    kinds = set(
        chain(*(re.findall(r'"type": "([a-z]+(?:\.[a-z]+)?)"', s) for s in sources))
    )
    layer = {"session.ended", "conversation.event", "person.event", "turn.stop"}
    kinds = {kind for kind in kinds - layer if not kind.startswith("websocket.")}
    for kind in kinds:
        assert f"`{kind}`" in WEBSOCKET, kind


def test_every_close_code_is_documented() -> None:
    from chat import socket

    codes = [
        value
        for module in (socket, server)
        for name, value in vars(module).items()
        if name.startswith("CLOSE_")
        and name != "CLOSE_NORMAL"
        and isinstance(value, int)
    ]
    assert codes
    for code in codes:
        assert str(code) in WEBSOCKET, code


def test_limits_are_told_as_they_are() -> None:
    assert f"{inputs.MAX_TEXT:,}" in WEBSOCKET
    assert "64 KiB" in WEBSOCKET


PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_code_cites_decisions_that_are_there() -> None:
    sources = [*(ROOT / "chat").rglob("*.py"), *(ROOT / "emochat").rglob("*.py")]
    cited = set(
        chain(*(re.findall(r"docs/decisions/(\d{4})", f.read_text()) for f in sources))
    )
    there = {file.name[:4] for file in (ROOT / "docs/decisions").glob("*.md")}
    assert cited <= there
