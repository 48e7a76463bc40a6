"""Telling drf-spectacular what it cannot see: our fields, our sign-in, our links."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)

from chat import classifiers as choice
from chat.api.authentication import SCHEME
from chat.api.sign_in import SIGN_IN_PATHS

Schema = dict[str, Any]
PLAIN = r"^[^\u0000]*$"
NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "chat.api.authentication.TokenAuthentication"
    name = "sessionToken"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {"type": "apiKey", "in": "header", "name": SCHEME}


class CookieScheme(OpenApiAuthenticationExtension):
    target_class = "chat.api.authentication.CookieAuthentication"
    name = "sessionCookie"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A browser's session; what changes needs `X-CSRFToken` too.",
        }


class PlainText(OpenApiSerializerFieldExtension):
    target_class = "chat.inputs.PlainTextField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        pattern = PLAIN if self.target.allow_blank else NOT_BLANK
        length = self.target.max_length
        return {"type": "string", "maxLength": length, "pattern": pattern}


class Id(OpenApiSerializerFieldExtension):
    target_class = "chat.inputs.IdField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return {"type": "string", "format": "uuid"}


class TaskNames(OpenApiSerializerFieldExtension):
    target_class = "chat.batch_inputs.TaskNamesField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return _names(any_classifier())


class Names(OpenApiSerializerFieldExtension):
    target_class = "chat.inputs.NamesField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return _names(emotion_classifier(), self.target.min_names)


def any_classifier() -> list[str]:
    return [spec.name for spec in choice.listed()]


def emotion_classifier() -> list[str]:
    return [spec.name for spec in choice.offered()]


def _names(names: list[str], at_least: int = 1) -> Schema:
    return {
        "type": "array",
        "items": {"type": "string", "enum": names},
        "minItems": at_least,
        "description": f"At most {choice.MAX_CHOSEN} different ones.",
    }


def add_sign_in(result: Schema, **_: Any) -> Schema:
    """The paths of allauth that an app needs before it has a token."""
    result["paths"] = {**SIGN_IN_PATHS, **result["paths"]}
    return result


# From what made it, to all that can be done with it: what a tester follows.
LINKS = {
    ("/api/v1/conversations/", "post", "201", "id"): (
        "conversations_read",
        "conversations_update",
        "conversations_delete",
        "conversations_restore",
        "messages_list",
        "messages_send",
    ),
    ("/api/v1/conversations/{id}/messages/", "post", "201", "id"): (
        "messages_regenerate",
        "messages_correct",
    ),
    ("/api/v1/conversations/{id}/messages/", "post", "201", "replies/0/id"): (
        "replies_read",
        "replies_stop",
        "replies_judge",
    ),
}


def add_links(result: Schema, **_: Any) -> Schema:
    for (path, method, status, pointer), targets in LINKS.items():
        answer = result["paths"][path][method]["responses"][status]
        links = answer.setdefault("links", {})
        for target in targets:
            source = {"id": f"$response.body#/{pointer}"}
            links[target] = {"operationId": target, "parameters": source}
    return result
