"""An app on a phone: no cookies, a token, JSON."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from tests.server import LiveServer, Person

Body = dict[str, Any]
PROBLEM = "application/problem+json"


@dataclass
class App:
    """Calls the API of a real server as one person, or with token "" as nobody."""

    server: LiveServer
    token: str
    http: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def of(cls, server: LiveServer, person: Person) -> App:
        return cls(server, person.session_key)

    def call(
        self, method: str, path: str, body: object = None, **options: Any
    ) -> requests.Response:
        headers = {"X-Session-Token": self.token} if self.token else {}
        return self.http.request(
            method,
            f"{self.server.url}/api/v1/{path}",
            json=body,
            headers=headers | options.pop("headers", {}),
            timeout=60,
            **options,
        )

    def ok(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        response = self.call(method, path, body)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def new_conversation(self) -> str:
        return self.ok("POST", "conversations/", {}, status=201)["id"]

    def send(
        self,
        conversation: str,
        text: str = "I am sad.",
        *,
        query: str = "",
        **more: Any,
    ) -> requests.Response:
        body = {"id": str(uuid.uuid4()), "text": text} | more
        return self.call("POST", f"conversations/{conversation}/messages/{query}", body)

    def said(self, conversation: str, text: str = "I am sad.") -> Body:
        """Send and wait for the reply; return the whole turn."""
        response = self.send(conversation, text, query="?wait=20")
        assert response.status_code == 201, response.text
        turn = response.json()
        assert turn["replies"][-1]["state"] == "done", turn
        return turn


def assert_problem(response: requests.Response, status: int, code: str) -> Body:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == PROBLEM
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    return body
