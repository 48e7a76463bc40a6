"""The schema says all there is, with an example of everything, and the docs page shows it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from chat.exporting import read_all
from tests.api.matrix import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chat.cast import Somebody
    from tests.chat.conftest import People
    from tests.chat.scripted import HeldServer

ROOT = Path(__file__).resolve().parent.parent.parent
API_DOC = (ROOT / "docs/api.md").read_text()
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return json.loads(json.dumps(made, default=str))


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        yield from ((path, m, op) for m, op in item.items() if m in METHODS)


def test_it_is_valid_and_complete(schema: dict[str, Any]) -> None:
    validate_schema(schema)
    described = {
        (method, re.sub(r"\{\w+\}", "<uuid:pk>", path).lstrip("/"))
        for path, method, _ in operations(schema)
        if path.startswith("/api/")
    }
    there = {key for key in routes() if key[1].startswith("api/v1/")}
    assert described == there


def test_generating_it_warns_of_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "spectacular", "--validate"]
    command += ["--fail-on-warn", "--file", str(tmp_path / "schema.yml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_everything_has_an_example(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        name = f"{method} {path}"
        assert operation["summary"], name
        body = operation.get("requestBody", {}).get("content", {})
        for kind, content in body.items():
            is_shown = "example" in content or "examples" in content
            assert is_shown or kind == "application/octet-stream", name
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                is_shown = "example" in content or "examples" in content
                is_file = kind == "application/zip"
                assert is_shown or is_file, f"{name} {status} {kind}"


def test_every_refusal_is_a_problem(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        if not path.startswith("/api/"):
            continue
        refusals = {s: a for s, a in operation["responses"].items() if s >= "400"}
        assert {"500", "503"} <= set(refusals), path
        if operation.get("security"):
            assert "401" in refusals, path
        if "{id}" in path:
            assert "404" in refusals, path
        for status, answer in refusals.items():
            assert set(answer["content"]) == {"application/problem+json"}, status
            (example,) = answer["content"]["application/problem+json"][
                "examples"
            ].values()
            assert example["value"]["status"] == int(status), (method, path)


def test_operation_names_are_ones_own(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for *_, operation in operations(schema)]
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_the_export_has_the_tables_that_it_says(
    alice: Somebody, schema: dict[str, Any]
) -> None:
    said = set(schema["components"]["schemas"]["Export"]["properties"])
    assert set(read_all(alice.user)) | {"exported_at"} == said


def test_every_path_is_in_the_document(schema: dict[str, Any]) -> None:
    table = API_DOC.split("## What there is")[1].split("\n\n")[0]
    named = set()
    for methods, path in re.findall(r"([A-Z][A-Z, ]+) `([\w/{}]+/)`", table):
        for method in methods.strip().split(", "):
            named.add((method.lower(), re.sub(r"\{\w+\}", "{id}", path)))
    there = {
        (method, path.removeprefix("/api/v1/"))
        for path, method, _ in operations(schema)
        if path.startswith("/api/")
    }
    assert named == there


def test_the_page_needs_nobody_elses_host_and_no_inline_script() -> None:
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert re.findall(r"""(?:src|href)=["'](https?:|//)""", text) == []
    for script in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.S):
        assert "src=" in script[0], "the policy would refuse it"
        assert not script[1].strip()
    assert Client().get("/api/schema/").status_code == 200


def test_the_quick_start_runs(
    scripted: HeldServer, people: People, tmp_path: Path
) -> None:
    """The shell of docs/api.md, as somebody would paste it."""
    (script,) = re.findall(r"```sh\n(.*?)```", API_DOC, re.S)
    person = people()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin:" + str(Path(sys.executable).parent),
            "BASE": scripted.server.url,
            "EMAIL": person.email,
            "PASSWORD": person.password,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    turn = json.loads(done.stdout.split("\n")[0].split("retry:")[0])
    assert uuid.UUID(turn["id"])
    assert turn["replies"][0]["state"] == "done"
    events = (tmp_path / "events.txt").read_text()
    assert "event: snapshot" in events
    assert "event: reply.delta" in events
