"""The part of allauth's headless interface that an app needs, as OpenAPI paths.

allauth answers it (docs.allauth.org, "headless"); here it is described, so that a
generated client can sign in too.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
ROOT = "/_allauth/app/v1"
TOKEN: list[Schema] = [{"sessionToken": []}]
PASSWORD = {"type": "string", "format": "password"}
EMAIL = {"type": "string", "format": "email"}

SIGNED_IN_EXAMPLE: Schema = {
    "status": 200,
    "data": {
        "user": {"id": 17, "display": "Alice", "email": "alice@example.org"},
        "methods": [{"method": "password", "at": 1795370651.1}],
    },
    "meta": {"is_authenticated": True, "session_token": "k3v0…"},
}
NOT_SIGNED_IN_EXAMPLE: Schema = {
    "status": 401,
    "data": {"flows": [{"id": "login"}, {"id": "signup"}]},
    "meta": {"is_authenticated": False},
}
REFUSED_EXAMPLE: Schema = {
    "status": 400,
    "errors": [{"code": "invalid", "message": "Not a valid value.", "param": "email"}],
}
SESSIONS_EXAMPLE: Schema = {
    "status": 200,
    "data": [
        {
            "id": 3,
            "ip": "127.0.0.1",
            "user_agent": "curl/8.5",
            "created_at": 1795370651.1,
            "is_current": True,
        }
    ],
}


def _object(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "required": required, "properties": properties}


META = _object(
    ["is_authenticated"],
    is_authenticated={"type": "boolean"},
    session_token={"type": "string"},
)
STATUS = _object(
    ["status"],
    status={"type": "integer"},
    data={"type": "object", "additionalProperties": True},
    meta=META,
)
REFUSED = _object(
    ["status"],
    status={"type": "integer"},
    errors={"type": "array", "items": {"type": "object", "additionalProperties": True}},
)
SESSIONS = _object(
    ["status", "data"],
    status={"type": "integer"},
    data={"type": "array", "items": {"type": "object", "additionalProperties": True}},
)


def _json(schema: Schema, example: Schema) -> Schema:
    return {"application/json": {"schema": schema, "example": example}}


def _answer(description: str, schema: Schema, example: Schema) -> Schema:
    return {"description": description, "content": _json(schema, example)}


ANSWERS = {
    "200": _answer("Signed in", STATUS, SIGNED_IN_EXAMPLE),
    "400": _answer("Refused", REFUSED, REFUSED_EXAMPLE),
    "401": _answer("Not signed in (yet)", STATUS, NOT_SIGNED_IN_EXAMPLE),
}


def _operation(
    name: str, summary: str, *, body: tuple[Schema, Schema] | None = None, **more: Any
) -> Schema:
    described: Schema = {
        "operationId": name,
        "tags": ["sign-in"],
        "summary": summary,
        "responses": more.pop("responses", ANSWERS),
        "security": more.pop("security", []),
    }
    if body:
        described["requestBody"] = {"required": True, "content": _json(*body)}
    return described


_WHO = {"email": "alice@example.org", "password": "a long passphrase"}
_LOGIN = (_object(["email", "password"], email=EMAIL, password=PASSWORD), _WHO)
_CODE = (_object(["key"], key={"type": "string"}), {"key": "KX3QPT"})
_AGAIN = (_object(["password"], password=PASSWORD), {"password": "a long passphrase"})
_GOOGLE = (
    _object(
        ["provider", "process", "token"],
        provider={"type": "string", "enum": ["google"]},
        process={"type": "string", "enum": ["login", "connect"]},
        token=_object(
            ["client_id", "id_token"],
            client_id={"type": "string"},
            id_token={"type": "string"},
        ),
    ),
    {
        "provider": "google",
        "process": "login",
        "token": {"client_id": "….apps.googleusercontent.com", "id_token": "eyJ…"},
    },
)
_LISTED = {
    "200": _answer("Your sessions", SESSIONS, SESSIONS_EXAMPLE),
    "401": ANSWERS["401"],
}
_REVOKED = _LISTED | {"400": ANSWERS["400"]}
_WHICH = (
    _object(["sessions"], sessions={"type": "array", "items": {"type": "integer"}}),
    {"sessions": [3]},
)

SIGN_IN_PATHS: Schema = {
    f"{ROOT}/auth/signup": {
        "post": _operation("sign_up", "Make an account", body=_LOGIN)
    },
    f"{ROOT}/auth/login": {
        "post": _operation("sign_in", "Sign in with a password", body=_LOGIN)
    },
    f"{ROOT}/auth/provider/token": {
        "post": _operation(
            "sign_in_google", "Sign in with a Google ID token", body=_GOOGLE
        )
    },
    f"{ROOT}/auth/email/verify": {
        "post": _operation(
            "verify_email", "Give the code of the mail", body=_CODE, security=TOKEN
        )
    },
    f"{ROOT}/auth/reauthenticate": {
        "post": _operation(
            "reauthenticate", "Confirm that it is you", body=_AGAIN, security=TOKEN
        )
    },
    f"{ROOT}/auth/session": {
        "get": _operation("session", "Who is signed in", security=TOKEN),
        "delete": _operation(
            "sign_out",
            "Sign out; the answer is 401, which says that nobody is signed in",
            security=TOKEN,
        ),
    },
    f"{ROOT}/auth/sessions": {
        "get": _operation(
            "sessions", "Where you are signed in", security=TOKEN, responses=_LISTED
        ),
        "delete": _operation(
            "revoke_sessions",
            "Sign out there",
            body=_WHICH,
            security=TOKEN,
            responses=_REVOKED,
        ),
    },
}
