"""What people may send, checked the same over socket, form and REST."""

from __future__ import annotations

import functools
import unicodedata
from typing import Any
from uuid import UUID

from rest_framework import serializers

from chat.accounts.names import NAME_MAX_LENGTH
from chat.errors import BadRequest, ChatError, Empty, TooLong, UnknownClassifier
from chat.models import TITLE_MAX_LENGTH
from inference.registry import CLASSIFIERS, EMOTION_LABELS

MAX_TEXT = 4_000
MAX_TEXTS = 256
MAX_WAIT_S = 20
MAX_PAGE_SIZE = 100
CODES: dict[str, type[BadRequest]] = {
    error.code: error for error in (Empty, TooLong, UnknownClassifier)
}


class PlainTextField(serializers.Field):  # type: ignore[type-arg]
    """A string in NFC, trimmed, without NUL or half characters."""

    def __init__(
        self, max_length: int, *, allow_blank: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.max_length = max_length
        self.allow_blank = allow_blank

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str) or "\x00" in data or _has_surrogate(data):
            raise serializers.ValidationError("This is not plain text.", "bad_request")
        trimmed = data.strip()
        if not trimmed and not self.allow_blank:
            raise serializers.ValidationError("Write something first.", "empty")
        text = self._composed(trimmed)
        if len(text) > self.max_length:
            raise self._too_long()
        return text

    def _composed(self, text: str) -> str:
        """Return the text in NFC; what cannot get short enough is not even tried.

        Python sorts each run of combining marks by insertion: 32,000 of them, which
        fit a frame, would hold everybody up for seconds.
        """
        is_long = len(text) > self.max_length
        if is_long and _least_length(text) > self.max_length:
            raise self._too_long()
        return unicodedata.normalize("NFC", text)

    def _too_long(self) -> serializers.ValidationError:
        limit = f"At most {self.max_length:,} characters, please."
        return serializers.ValidationError(limit, "too_long")

    def to_representation(self, value: str) -> str:
        return value


def _least_length(text: str) -> int:
    """A lower bound of the text's length in NFC, in linear time.

    No character decomposes into more than four code points, of which three are marks.
    Source: https://unicode.org/reports/tr15/ and https://unicode.org/faq/normalization
    """
    n_left = n_marks = 0
    for character in text:
        n_marks = n_marks + 1 if unicodedata.combining(character) else 0
        n_left += n_marks > 3
    return max(n_left, len(text) // 4)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


class IdField(serializers.Field):  # type: ignore[type-arg]
    """A UUID written as a string."""

    def to_internal_value(self, data: object) -> UUID:
        try:
            return UUID(data)  # type: ignore[arg-type]
        except (ValueError, AttributeError, TypeError) as error:
            raise serializers.ValidationError(
                "This is not an id.", "bad_request"
            ) from error

    def to_representation(self, value: UUID) -> str:
        return str(value)


class NamesField(serializers.ListField):
    """Names of classifiers; whether they are offered is for the service to say."""

    child = serializers.CharField(allow_blank=True, trim_whitespace=False)

    def __init__(self, *, min_names: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.min_names = min_names

    def to_internal_value(self, data: Any) -> list[str]:
        names: list[str] = super().to_internal_value(data)
        if len(names) < self.min_names or not CLASSIFIERS.keys() >= set(names):
            unknown = UnknownClassifier
            raise serializers.ValidationError(unknown.message, unknown.code)
        return names


class MessageBody(serializers.Serializer[Any]):
    id = IdField()
    text = PlainTextField(MAX_TEXT)
    classifiers = NamesField(required=False, allow_null=True)


class MessageInput(MessageBody):
    conversation = IdField(required=False, allow_null=True)


class WaitInput(serializers.Serializer[Any]):
    wait = serializers.IntegerField(required=False, min_value=0, max_value=MAX_WAIT_S)


class SubscribeInput(serializers.Serializer[Any]):
    conversation = IdField()
    after = serializers.IntegerField(required=False, allow_null=True, min_value=0)


class ReplyInput(serializers.Serializer[Any]):
    reply = IdField()


class MessageIdInput(serializers.Serializer[Any]):
    message = IdField()


class LabelInput(serializers.Serializer[Any]):
    label = serializers.ChoiceField(  # type: ignore[assignment]  # hides Field.label
        choices=EMOTION_LABELS
    )


class CorrectionInput(LabelInput):
    message = IdField()


class ThumbInput(serializers.Serializer[Any]):
    value = serializers.ChoiceField(choices=[-1, 0, 1])
    note = PlainTextField(1000, allow_blank=True, required=False, default="")


class FeedbackInput(ThumbInput):
    reply = IdField()


class ConversationInput(serializers.Serializer[Any]):
    title = PlainTextField(TITLE_MAX_LENGTH, required=False)
    classifiers = NamesField(required=False)


class SearchInput(serializers.Serializer[Any]):
    """`q` is taken as it comes: what cannot be found is not found."""

    q = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, default=""
    )
    emotion = serializers.ChoiceField(choices=EMOTION_LABELS, required=False)
    classifier = serializers.ChoiceField(choices=list(CLASSIFIERS), required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class PageInput(serializers.Serializer[Any]):
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_PAGE_SIZE
    )


class ExportInput(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=["json", "csv"], default="json")


class PersonInput(serializers.Serializer[Any]):
    name = PlainTextField(NAME_MAX_LENGTH, required=False)
    classifiers = NamesField(required=False, min_names=0)


def parse(shape: type[serializers.Serializer[Any]], data: object) -> dict[str, Any]:
    """Return the checked fields, or raise the ChatError of the first that is wrong."""
    try:
        return dict(_checker(shape).run_validation(data))
    except serializers.ValidationError as error:
        raise _first_error(error.detail) from error
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadRequest from error


@functools.cache
def _checker(
    shape: type[serializers.Serializer[Any]],
) -> serializers.Serializer[Any]:
    """Return the one that checks all data of this shape: each new one copies its fields,
    which takes longer than the check. No shape may keep anything of what it checks."""
    return shape()


def _first_error(errors: Any) -> ChatError:
    if not isinstance(errors, dict):  # of the whole, which is no object at all
        errors = {"non_field_errors": errors}
    field, details = next(iter(errors.items()))
    while isinstance(details, dict):  # a list's errors, by their place in it
        place, details = next(iter(details.items()))
        field = f"{field}[{place}]"
    detail = details[0]
    kind = CODES.get(detail.code, BadRequest)
    says_it_all = field == "text" and kind is not BadRequest
    is_own = says_it_all or kind is UnknownClassifier
    return kind() if is_own else kind(f"{field}: {detail}")
