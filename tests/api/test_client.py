"""A client made of the schema, as it comes out of the generator, does the whole walk."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.chat.scripted import WHOLE_TEXT

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.chat.scripted import HeldServer

PACKAGE = "emochat_client"


@pytest.fixture(scope="module")
def generated(
    scripted: HeldServer, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """The package made of the running server's schema; nothing in it is edited."""
    folder = tmp_path_factory.mktemp("client")
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate"]
    command += ["--url", f"{scripted.server.url}/api/schema/", "--meta", "none"]
    command += ["--output-path", PACKAGE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING parsing" not in done.stdout, done.stdout
    sys.path.insert(0, str(folder))
    try:
        return SimpleNamespace(
            client=importlib.import_module(f"{PACKAGE}.client"),
            models=importlib.import_module(f"{PACKAGE}.models"),
            call=lambda tag, name: importlib.import_module(
                f"{PACKAGE}.api.{tag}.{name}"
            ),
        )
    finally:
        sys.path.remove(str(folder))


def listen(client: Any, events: Any, conversation: uuid.UUID, ready: Any) -> list[Any]:
    """Follow the conversation with the client's own connection until a reply ends."""
    frames = []
    request = events._get_kwargs(conversation)
    with client.get_httpx_client().stream(**request) as stream:
        assert stream.status_code == 200
        for line in stream.iter_lines():
            if line.startswith("data: "):
                frames.append(json.loads(line[6:]))
                ready.set()
                if frames[-1]["type"] == "reply.finished":
                    return frames
    return frames


def test_from_sign_in_to_export(
    generated: SimpleNamespace, scripted: HeldServer, people: People
) -> None:
    call, models, person = generated.call, generated.models, people()
    nobody = generated.client.Client(base_url=scripted.server.url)
    signed_in = call("sign_in", "sign_in").sync(
        client=nobody,
        body=models.SignInBody(email=person.email, password=person.password),
    )
    me = generated.client.AuthenticatedClient(
        base_url=scripted.server.url,
        token=signed_in.meta.session_token,
        prefix="",
        auth_header_name="X-Session-Token",
        timeout=60,
    )
    assert call("me", "me_read").sync(client=me).email == person.email
    classifiers = call("classifiers", "classifiers_list").sync(client=me)
    assert classifiers[0].name == "bert"
    where = call("conversations", "conversations_create").sync(
        client=me, body=models.ConversationInput(title="My sister")
    )

    ready, frames = threading.Event(), []
    events = call("conversations", "conversations_events")
    thread = threading.Thread(
        target=lambda: frames.extend(listen(me, events, where.id, ready))
    )
    thread.start()
    assert ready.wait(30)
    body = models.MessageBody(id=uuid.uuid4(), text="I finally called my sister.")
    turn = call("messages", "messages_send").sync(
        where.id, client=me, body=body, wait=20
    )
    thread.join(30)
    assert turn.replies[0].text == WHOLE_TEXT
    assert [f["text"] for f in frames if f["type"] == "reply.finished"] == [WHOLE_TEXT]
    assert any(f["type"] == "reply.delta" for f in frames)

    thumb = call("replies", "replies_judge").sync(
        turn.replies[0].id, client=me, body=models.ThumbInput(models.ValueEnum(1))
    )
    assert thumb.feedback == 1
    right = call("messages", "messages_correct").sync(
        turn.id, client=me, body=models.LabelInput(label=models.Emotion.LOVE)
    )
    assert right.correction == models.Emotion.LOVE
    found = call("conversations", "conversations_list").sync(client=me, q="sister")
    assert [row.id for row in found.results] == [where.id]
    assert any(part.match for part in found.results[0].snippet.parts)
    problem = call("replies", "replies_read").sync(uuid.uuid4(), client=me)
    assert problem.code == "not_found"
    body = call("me", "export").sync(client=me)
    assert body.messages[0]["text"] == "I finally called my sister."
    signed_out = call("sign_in", "sign_out").sync_detailed(client=me)
    assert signed_out.status_code == 401
    assert call("me", "me_read").sync_detailed(client=me).status_code == 401
