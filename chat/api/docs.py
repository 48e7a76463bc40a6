"""What the schema says of each operation: shapes, examples, and how it is refused."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from chat import batch_inputs, inputs
from chat.api import examples as ex
from chat.api import shapes
from chat.api.operations import Answer, operation, wait
from chat.explain_inputs import ExplainInput

QUERY: Literal["query"] = "query"
PAGE = [
    OpenApiParameter("cursor", str, QUERY, description="From `next` or `previous`."),
    inputs.PageInput,
]
# image/png and the like are taken too; generators of clients know only this one.
BYTES = {"application/octet-stream": OpenApiTypes.BINARY}
LAST_SEEN = OpenApiParameter(
    "Last-Event-ID",
    int,
    "header",
    description="The last `id:` you have: only what changed since is in the snapshot.",
)


def _conversation(summary: str, status: int = 200, **more: Any) -> Any:
    answer = Answer(shapes.Conversation, ex.CONVERSATION, status)
    return operation("conversations", summary, answer, **more)


def _turn(name: str, summary: str, *answers: int, **more: Any) -> Any:
    found = [Answer(shapes.Turn, ex.TURN, status) for status in answers or (200,)]
    return operation("messages", summary, *found, name=name, **more)


def _reply(name: str, summary: str, *, tag: str = "replies", **more: Any) -> Any:
    answer = Answer(shapes.WholeReply, ex.REPLY, more.pop("status", 200))
    return operation(tag, summary, answer, name=name, **more)


def _person(name: str, summary: str, **more: Any) -> Any:
    answer = Answer(shapes.Person, ex.PERSON)
    return operation("me", summary, answer, name=name, **more)


conversations_list = operation(
    "conversations",
    "Your conversations, latest first; with `q` or a filter, those where it was said",
    Answer(shapes.ConversationPage, ex.CONVERSATIONS),
    name="conversations_list",
    parameters=[*PAGE, inputs.SearchInput],
    errors=(400, 404),
)
conversations_create = _conversation(
    "Start an empty conversation",
    201,
    name="conversations_create",
    request=(inputs.ConversationInput, {"title": "My sister"}),
    errors=(400,),
)
conversations_read = _conversation(
    "One conversation", name="conversations_read", errors=(404,)
)
conversations_update = _conversation(
    "Rename it, or choose who reads its messages from now on",
    name="conversations_update",
    request=(inputs.ConversationInput, {"title": "My sister", "classifiers": ["bert"]}),
    errors=(400, 404),
)
conversations_delete = operation(
    "conversations",
    "Delete it; for a minute it can be restored",
    Answer(None, None, 204),
    name="conversations_delete",
    changes=True,
    errors=(404,),
)
conversations_restore = _conversation(
    "Undo a delete, within a minute",
    name="conversations_restore",
    changes=True,
    errors=(404,),
)
conversations_events = operation(
    "conversations",
    "Its events as they happen (server-sent events): first a snapshot, then the frames"
    " of the live protocol; a comment every 15 s",
    Answer(OpenApiTypes.STR, ex.EVENTS, content_type="text/event-stream"),
    name="conversations_events",
    parameters=[LAST_SEEN],
    errors=(404,),
)
messages_list = operation(
    "messages",
    "Its turns, latest first",
    Answer(shapes.TurnPage, ex.TURNS),
    name="messages_list",
    parameters=PAGE,
    errors=(400, 404),
)
messages_send = _turn(
    "messages_send",
    "Send a message under an id that you make; a resend is safe and answers 200",
    201,
    200,
    request=(inputs.MessageBody, ex.SEND),
    parameters=[wait],
    errors=(400, 404, 409, 429),
)
messages_regenerate = _reply(
    "messages_regenerate",
    "Ask for another reply; counts as a message",
    tag="messages",
    status=201,
    changes=True,
    parameters=[wait],
    errors=(400, 404, 409, 429),
)
messages_correct = _turn(
    "messages_correct",
    "Say which emotion is right",
    request=(inputs.LabelInput, {"label": "love"}),
    errors=(400, 404),
)
replies_read = _reply(
    "replies_read", "A reply, with its text so far while it runs", errors=(404,)
)
replies_stop = _reply(
    "replies_stop",
    "Stop it; one that has ended stays as it is",
    changes=True,
    errors=(404,),
)
replies_judge = _reply(
    "replies_judge",
    "A thumb: 1, -1, or 0 to take it back",
    request=(inputs.ThumbInput, {"value": 1, "note": "That helped."}),
    errors=(400, 404),
)
classifiers_list = operation(
    "classifiers",
    "The classifiers of every task; conversations choose among those of emotions",
    Answer(shapes.Classifier(many=True), [ex.CLASSIFIER]),
    name="classifiers_list",
)
classify = operation(
    "classifiers",
    "Read up to 256 texts with up to five classifiers of a task; nothing is stored",
    Answer(shapes.Readings, {"results": [[ex.READING]]}),
    name="classify",
    request=(batch_inputs.ClassifyInput, {"texts": ["I finally called my sister."]}),
    errors=(400, 429),
)
explain = operation(
    "classifiers",
    "Which words of a text made a classifier read a label in it; nothing is stored",
    Answer(shapes.Explanation, ex.EXPLANATION),
    name="explain",
    request=(
        ExplainInput,
        {"text": "I finally called my sister.", "classifier": "bert"},
    ),
    errors=(400, 429),
)
me_read = _person("me_read", "You")
me_update = _person(
    "me_update",
    "Your name, and the classifiers of your new conversations",
    request=(inputs.PersonInput, {"name": "Alice", "classifiers": ["bert"]}),
    errors=(400,),
)
me_delete = operation(
    "me",
    "Delete your account with all that belongs to it; sign in within five minutes before",
    Answer(shapes.Receipt, ex.RECEIPT),
    Answer(shapes.Receipt, ex.RECEIPT | {"state": "running"}, 202),
    name="me_delete",
    changes=True,
)
picture_set = _person(
    "picture_set",
    "Your picture, at most 1 MiB of PNG, JPEG, WebP or GIF; we draw it anew",
    request=(BYTES, None),
    errors=(400,),
)
picture_remove = _person("picture_remove", "Remove your picture", changes=True)
export = operation(
    "me",
    "All that we keep of you: as JSON, or with `format=csv` as a ZIP of CSV files",
    Answer(shapes.Export, ex.EXPORT),
    Answer(OpenApiTypes.BINARY, None, content_type="application/zip"),
    name="export",
    parameters=[inputs.ExportInput],
    errors=(400, 429),
)
deletions_read = operation(
    "me",
    "What became of an account's deletion, for whoever holds the receipt",
    Answer(shapes.Receipt, ex.RECEIPT),
    name="deletions_read",
    is_public=True,
    errors=(404,),
)
