"""Every address of the admin, and who may open it: rows for what the resolver finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat.admin_menu import GROUPS
from tests.api.matrix import ADMIN, walk

STAFF = frozenset({"root", "reviewer", "support", "idle"})
ROOT = frozenset({"root"})
REVIEWER, SUPPORT = ROOT | {"reviewer"}, ROOT | {"support"}

VIEWERS = {
    "user": SUPPORT,
    "conversation": REVIEWER | SUPPORT,
    "message": REVIEWER,
    "reply": REVIEWER | SUPPORT,
    "classification": REVIEWER,
    "feedback": REVIEWER,
    "correction": REVIEWER,
    "review": REVIEWER,
    "safetyevent": ROOT,
    "accessrecord": SUPPORT,
    "searchrecord": SUPPORT,
}


@dataclass(frozen=True)
class Door:
    """An address and who gets a page there; `{name}` in it is a row's key.

    `sends` may POST there although there is no page; `takes_any`: it shows nothing of
    anybody, and may answer a POST of anybody.
    """

    route: str
    who: frozenset[str] = frozenset()
    values: dict[str, str] = field(default_factory=dict)
    sends: frozenset[str] = frozenset()
    takes_any: bool = False

    @property
    def path(self) -> str:
        path = self.route
        for wanted, value in self.values.items():
            path = path.replace(wanted, value)
        return f"/{ADMIN}{path}"


def of_model(name: str) -> list[Door]:
    """The addresses that every model has; nobody adds, deletes or writes there."""
    key = {"<path:object_id>": f"{{{name}}}"}
    base = f"chat/{name}/"
    return [
        Door(base, VIEWERS[name]),
        Door(f"{base}add/"),
        Door(f"{base}<path:object_id>/change/", VIEWERS[name], key),
        Door(f"{base}<path:object_id>/history/", VIEWERS[name], key),
        Door(f"{base}<path:object_id>/delete/", values=key),
        Door(f"{base}<path:object_id>/", values=key),
    ]


SET_FILE = {"<int:version>": "1", "<str:name>": "labels.jsonl"}
LINK = {"<path:rest>": "1/1/", "<path:content_type_id>/<path:object_id>": "1/1"}
DOORS = [
    Door("", STAFF),
    Door("search/", STAFF),
    Door("jsi18n/", STAFF),
    Door(
        "^(?P<app_label>chat)/$", STAFF - {"idle"}, {"^(?P<app_label>chat)/$": "chat/"}
    ),
    Door("login/"),
    Door("logout/", takes_any=True),
    Door("password_change/"),
    Door("password_change/done/", STAFF),
    Door("autocomplete/"),
    Door("r/<path:rest>", values=LINK),
    Door("r/<path:content_type_id>/<path:object_id>/", values=LINK),
    Door("(?P<url>.*)$", values={"(?P<url>.*)$": "nothing/here/"}),
    Door(
        "chat/conversation/<uuid:conversation_id>/read/",
        REVIEWER,
        {"<uuid:conversation_id>": "{conversation}"},
    ),
    Door("chat/review/queue/", REVIEWER),
    Door("chat/review/queue/explain/", sends=REVIEWER),
    Door("chat/review/sets/", REVIEWER),
    Door("chat/review/sets/<int:version>/<str:name>", REVIEWER, SET_FILE),
    *(door for names in GROUPS.values() for name in names for door in of_model(name)),
]


def admin_routes() -> set[str]:
    return {route.removeprefix(ADMIN) for route, _ in walk() if route.startswith(ADMIN)}
