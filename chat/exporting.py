"""All that we keep about a person, as JSON or as a ZIP of CSV files.

Nothing of it is stored: it is made when asked for, and leaves with the answer.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from chat.accounts import second_factor
from chat.models import (
    AccessRecord,
    Classification,
    Conversation,
    Correction,
    Feedback,
    Message,
    Reply,
    SafetyEvent,
    User,
)
from chat.spreadsheets import to_csv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

Row = dict[str, Any]
Table = tuple[tuple[str, ...], list[Row]]


@transaction.atomic
def read_all(user: User) -> dict[str, Table]:
    """Return every table by name: its columns and this person's rows in it."""
    own = Conversation.objects.for_user(user)
    talked = {"message__user": user, "message__conversation__deleted_at": None}
    mine: dict[str, tuple[QuerySet[Any], Mapping[str, str]]] = {
        "person": (User.objects.filter(pk=user.pk), PERSON),
        "email_addresses": (EmailAddress.objects.filter(user=user), ADDRESS),
        "google_accounts": (SocialAccount.objects.filter(user=user), GOOGLE),
        "sessions": (UserSession.objects.filter(user=user), SESSION),
        "conversations": (own.order_by("created_at"), CONVERSATION),
        "messages": (Message.objects.for_user(user).order_by("key"), MESSAGE),
        "classifications": (Classification.objects.filter(**talked), CLASSIFICATION),
        "corrections": (Correction.objects.filter(**talked), CORRECTION),
        "replies": (Reply.objects.for_user(user).order_by("created_at"), REPLY),
        "feedback": (
            Feedback.objects.filter(reply__in=Reply.objects.for_user(user)),
            FEEDBACK,
        ),
        "safety_events": (SafetyEvent.objects.filter(conversation__in=own), SAFETY),
        "read_by_staff": (AccessRecord.objects.filter(conversation__in=own), ACCESS),
    }
    if second_factor.is_offered():
        mine["authenticators"] = (second_factor.authenticators_of(user), FACTOR)
    return {name: _table(rows, fields) for name, (rows, fields) in mine.items()}


def _table(rows: QuerySet[Any], fields: Mapping[str, str]) -> Table:
    values = rows.values_list(*fields.values())
    return tuple(fields), [dict(zip(fields, row, strict=True)) for row in values]


def as_json(tables: Mapping[str, Table]) -> bytes:
    body: Row = {"exported_at": timezone.now()}
    body |= {name: rows for name, (_, rows) in tables.items()}
    return json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False).encode()


def as_zip(tables: Mapping[str, Table]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (columns, rows) in tables.items():
            archive.writestr(f"{name}.csv", to_csv(columns, rows))
    return file.getvalue()


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _of_message(*names: str) -> dict[str, str]:
    return {"message": "message__uuid"} | _same(*names)


# Name in the export: where it is.
PERSON = {"name": "display_name"} | _same(
    "id", "email", "avatar_url", "default_classifiers", "date_joined", "last_login"
)
ADDRESS = _same("email", "verified", "primary")
GOOGLE = _same("provider", "uid", "extra_data", "date_joined", "last_login")
SESSION = _same("ip", "user_agent", "created_at", "last_seen_at")
FACTOR = _same("type", "created_at", "last_used_at")  # never its secret
CONVERSATION = _same("id", "title", "classifiers", "created_at", "updated_at")
MESSAGE = {"id": "uuid", "conversation": "conversation_id"} | _same(
    "seq", "text", "classifiers", "created_at"
)
CLASSIFICATION = _of_message(
    "classifier", "label", "scores", "model_version", "duration_ms"
)
CORRECTION = _of_message("label")
REPLY = {"conversation": "conversation_id"} | _of_message(
    "id",
    "ordinal",
    "state",
    "text",
    "finish_reason",
    "error_code",
    "generator",
    "first_token_ms",
    "duration_ms",
    "created_at",
)
FEEDBACK = {"reply": "reply_id"} | _same("value", "note")
SAFETY = _same("conversation", "message", "kind", "rules", "at")
ACCESS = _same("conversation", "reason", "at")
