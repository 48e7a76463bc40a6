"""Describing an operation in one call: answers, examples, and every way to refuse it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from chat import errors
from chat.api import problems, shapes
from chat.inputs import MAX_WAIT_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JSON = "application/json"
wait = OpenApiParameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_S},
    OpenApiParameter.QUERY,
    description="Seconds to wait for the reply to end before you are answered.",
)
ERRORS: dict[int, errors.ChatError] = {
    400: errors.TooLong(),
    401: errors.Unauthenticated(),
    404: errors.NotFound(),
    409: errors.ReplyActive(),
    413: errors.BodyTooBig(),
    429: errors.RateLimited(retry_after_s=3.0),
    500: errors.Internal(),
    503: errors.Overloaded(retry_after_s=2.0),
}
EXTRA = {
    403: problems.problem(403, "unauthenticated", "CSRF Failed: CSRF token missing."),
    415: problems.problem(415, "bad_request", 'Unsupported media type "text/plain".'),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A way to succeed: its shape, an example, its status and media type."""

    shape: Any
    example: Any
    status: int = 200
    content_type: str = JSON


def operation(
    tag: str,
    summary: str,
    *answers: Answer,
    name: str,
    request: tuple[Any, Any] | None = None,
    parameters: Sequence[Any] = (),
    errors: Iterable[int] = (),
    changes: bool = False,
    is_public: bool = False,
) -> Any:
    """Describe a handler; `errors` are those beside the ones that any handler may give."""
    body, body_example = request or (None, None)
    refusals = _refusals(errors, request is not None, changes, is_public)
    return extend_schema(
        operation_id=name,
        tags=[tag],
        summary=summary,
        description=summary + ".",
        request=body,
        parameters=list(parameters),
        auth=[] if is_public else None,
        responses={(a.status, a.content_type): a.shape for a in answers}
        | {(status, problems.CONTENT_TYPE): shapes.Problem for status in refusals},
        examples=[
            *_request_examples(body_example),
            *(_answer_example(a) for a in answers if a.example is not None),
            *(_refusal_example(status) for status in refusals),
        ],
    )


def _refusals(
    given: Iterable[int], has_body: bool, changes: bool, is_public: bool
) -> list[int]:
    found = {*given, 500, 503}
    if not is_public:
        found.add(401)
    if has_body:
        found |= {413, 415}
    if has_body or changes:
        found.add(403)
    return sorted(found)


def _request_examples(value: Any) -> list[OpenApiExample]:
    if value is None:
        return []
    return [OpenApiExample("Request", value=value, request_only=True)]


def _answer_example(answer: Answer) -> OpenApiExample:
    return OpenApiExample(
        f"Answer {answer.status}",
        value=answer.example,
        response_only=True,
        media_type=answer.content_type,
        status_codes=[str(answer.status)],
    )


def _refusal_example(status: int) -> OpenApiExample:
    known = ERRORS.get(status)
    body = problems.body_of(known) if known else EXTRA[status]
    return OpenApiExample(
        body["code"],
        value=body,
        response_only=True,
        media_type=problems.CONTENT_TYPE,
        status_codes=[str(status)],
    )
