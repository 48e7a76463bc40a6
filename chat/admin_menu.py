"""The admin's menu: what staff may see, in the order in which it is asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.urls import reverse
from django.utils.text import capfirst

if TYPE_CHECKING:
    from django.http import HttpRequest

# The icons are Material Symbols, which unfold brings along.
GROUPS = {
    "People": {"user": "group"},
    "Conversations": {
        "conversation": "forum",
        "message": "chat_bubble",
        "reply": "reply",
        "classification": "insights",
    },
    "What people say about them": {
        "feedback": "thumbs_up_down",
        "correction": "edit_note",
        "review": "rate_review",
    },
    "Safety": {"safetyevent": "health_and_safety"},
    "Who looked": {"accessrecord": "visibility", "searchrecord": "search"},
}


# Pages of our own: name of the address, title, icon, permission.
PAGES = (
    ("index", "Dashboard", "monitoring", "view_conversation"),
    ("chat_review_queue", "Review queue", "rule", "add_review"),
    ("chat_review_sets", "Data sets", "dataset", "export_review"),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    pages = {"title": "Work", "items": [_page(*one) for one in PAGES]}
    return [pages] + [
        {"title": title, "items": [_item(*item) for item in items.items()]}
        for title, items in GROUPS.items()
    ]


def _page(name: str, title: str, icon: str, permission: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"admin:{name}"),
        "permission": lambda request: request.user.has_perm(f"chat.{permission}"),
    }


def _item(model_name: str, icon: str) -> dict[str, Any]:
    return {
        "title": capfirst(apps.get_model("chat", model_name)._meta.verbose_name_plural),
        "icon": icon,
        "link": reverse(f"admin:chat_{model_name}_changelist"),
        "permission": partial(_may_view, model_name),
    }


def _may_view(model_name: str, request: HttpRequest) -> bool:
    return request.user.has_perm(f"chat.view_{model_name}")
