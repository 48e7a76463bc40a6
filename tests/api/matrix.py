"""Every door there is, and who may use it: rows for what the resolver finds.

A route without a row fails the tests, and so does a row without a route.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = tuple[str, str]
REST_METHODS = ("get", "post", "put", "patch", "delete")

# Not ours to list: allauth's own pages and interface (what of it names an id of
# somebody, a session, is tested in test_sign_in), and the description of this API.
ELSEWHERE = ("accounts/", "_allauth/", "api/schema/", "api/docs/", "^api/")
# The admin's addresses have their rows in tests/review/doors.py, by the same walk.
ADMIN = "admin/"


@dataclass(frozen=True)
class Row:
    """How the owner uses a route; `{name}` in it is an id of the scene.

    `of_one` routes name somebody's row: to everybody else it is not there. `page`
    routes send those who are not signed in to where they can.
    """

    method: str
    route: str
    path: str
    body: Any = None
    status: int = 200
    of_one: bool = True
    is_public: bool = False
    is_page: bool = False

    @property
    def key(self) -> Key:
        return self.method, self.route


def own(method: str, route: str, body: Any = None, status: int = 200) -> Row:
    """A REST route about oneself, or about nobody."""
    return Row(
        method, f"api/v1/{route}", f"/api/v1/{route}", body, status, of_one=False
    )


def one(method: str, route: str, name: str, body: Any = None, status: int = 200) -> Row:
    """A REST route about one row, which the scene calls `name`."""
    path = f"/api/v1/{route}".replace("<uuid:pk>", f"{{{name}}}")
    return Row(method, f"api/v1/{route}", path, body, status)


def page(method: str, route: str, body: Any = None, status: int = 200) -> Row:
    path = "/" + route.replace("<uuid:conversation_id>", "{conversation}")
    of_one = "<uuid" in route
    return Row(method, route, path, body, status, of_one=of_one, is_page=True)


def public(method: str, route: str) -> Row:
    path = "/" + route.replace("<uuid:pk>", "{receipt}")
    return Row(method, route, path, of_one=False, is_public=True)


def message() -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "text": "I am sad."}


CONVERSATION = "conversations/<uuid:pk>/"
PICTURE = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
ROWS = [
    own("get", "me/"),
    own("patch", "me/", {"name": "Mine"}),
    own("put", "me/picture/", PICTURE),
    own("delete", "me/picture/"),
    own("get", "export/"),
    own("get", "classifiers/"),
    own("post", "classify/", {"texts": ["I am sad."]}),
    own("post", "explain/", {"text": "I am sad.", "classifier": "bert"}),
    own("get", "conversations/"),
    own("post", "conversations/", {"title": "Mine"}, 201),
    one("get", CONVERSATION, "conversation"),
    one("patch", CONVERSATION, "conversation", {"title": "Mine"}),
    one("get", f"{CONVERSATION}messages/", "conversation"),
    one("post", f"{CONVERSATION}messages/", "conversation", message, 201),
    one("get", f"{CONVERSATION}events/", "conversation"),
    one("put", "messages/<uuid:pk>/correction/", "message", {"label": "joy"}),
    one("post", "messages/<uuid:pk>/regenerate/", "message", None, 201),
    one("get", "replies/<uuid:pk>/", "reply"),
    one("put", "replies/<uuid:pk>/feedback/", "reply", {"value": 1}),
    one("post", "replies/<uuid:pk>/stop/", "reply"),
    one("post", f"{CONVERSATION}restore/", "deleted"),
    one("delete", CONVERSATION, "spare", None, 204),
    own("delete", "me/"),
    public("get", "api/v1/deletions/<uuid:pk>/"),
    public("get", "livez"),
    public("get", "readyz"),
    public("get", "metrics"),  # on the loopback, where these tests are
    public("get", "safety/"),
    Row("get", "", "/", of_one=False, is_public=True),
    Row("get", "avatars/<str:name>", "{picture}", of_one=False, is_public=True),
    page("get", "c/<uuid:conversation_id>/"),
    page("post", "c/<uuid:conversation_id>/send/", {"text": "Hello"}, 302),
    page("post", "c/<uuid:conversation_id>/safe/", {}, 302),
    page("post", "send/", {"text": "Hello"}, 302),
    page("get", "welcome/", None, 302),
    page("post", "welcome/", {"name": "Mine"}, 302),
    page("get", "settings/"),
    page("get", "models/"),
    page("get", "frameworks/"),
    page("get", "analyse/"),
    page("post", "settings/", {"name": "Mine"}, 302),
    page("post", "settings/training/", {"is_given": "on"}, 302),
]


def walk(
    patterns: list[URLPattern | URLResolver] | None = None, prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every route of the project, as it is written in the urls."""
    for found in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from walk(found.url_patterns, route)
        else:
            yield route, found


def routes() -> set[Key]:
    """What there is: a REST view's methods; of a page, whatever its row says."""
    found = set()
    for route, pattern in walk():
        if route.startswith((*ELSEWHERE, ADMIN)):
            continue
        view = getattr(pattern.callback, "view_class", None) or getattr(
            pattern.callback, "cls", None
        )
        methods = [m for m in REST_METHODS if view and hasattr(view, m)]
        found |= {(method, route) for method in methods or ("page",)}
    return found


# --- The socket -------------------------------------------------------------------------

FRAMES: dict[str, tuple[dict[str, Any], str]] = {
    "ping": ({}, "pong"),
    "subscribe": ({"conversation": "{conversation}"}, "snapshot"),
    "message.send": ({"conversation": "{conversation}", "text": "Hello"}, "ack"),
    "reply.regenerate": ({"message": "{message}"}, "ack"),
    "reply.stop": ({"reply": "{reply}"}, "ack"),
    "emotion.correct": ({"message": "{message}", "label": "joy"}, "ack"),
    "reply.feedback": ({"reply": "{reply}", "value": 1}, "ack"),
    "explain": ({"message": "{message}", "classifier": "bert"}, "explanation"),
    "explain.cancel": ({}, "explanation.cancelled"),
}
