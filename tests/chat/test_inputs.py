from __future__ import annotations

import time
import unicodedata
import uuid

import pytest

from chat.errors import BadRequest, ChatError, TooLong
from chat.inputs import (
    ConversationInput,
    CorrectionInput,
    FeedbackInput,
    MessageInput,
    SubscribeInput,
    parse,
)
from tests.chat.texts import JSON_ONLY, STRINGS, TEXTS, BadField, Case


def message(**fields: object) -> dict[str, object]:
    return {"id": str(uuid.uuid4()), "text": "I am sad.", **fields}


def code_of(shape: type, data: object) -> str:
    with pytest.raises(ChatError) as caught:
        parse(shape, data)
    return caught.value.code


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case.name)
def test_it_checks_texts(case: Case) -> None:
    if case.code:
        assert code_of(MessageInput, message(text=case.text)) == case.code
    else:
        text = parse(MessageInput, message(text=case.text))["text"]
        assert text == (case.stored or case.text.strip())
        assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("bad", [*STRINGS, *JSON_ONLY], ids=lambda bad: bad.name)
def test_it_checks_the_other_fields(bad: BadField) -> None:
    assert code_of(MessageInput, message(**bad.fields)) == bad.code


@pytest.mark.parametrize("data", [None, [], "text", 5, {}, {"id": []}])
def test_it_refuses_what_is_no_message(data: object) -> None:
    assert code_of(MessageInput, data) == "bad_request"


def test_long_runs_of_marks_hold_nobody_up() -> None:
    """They fit a frame, and normalising them takes seconds."""
    marks = "\u0301" * 16_000 + "\u0323" * 16_000
    started = time.process_time()
    with pytest.raises(TooLong):
        parse(MessageInput, message(text=marks))
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize("n", [3_999, 4_000, 4_001])
def test_hangul_counts_as_composed(n: int) -> None:
    written = unicodedata.normalize("NFD", "\uac01") * n
    assert len(written) == 3 * n
    if n > 4_000:
        assert code_of(MessageInput, message(text=written)) == "too_long"
    else:
        assert parse(MessageInput, message(text=written))["text"] == "\uac01" * n


@pytest.mark.parametrize(
    "after", [-1, 1.5, "x", True, [], {}, float("nan"), float("inf"), "1" * 5_000]
)
def test_after_is_a_seq(after: object) -> None:
    data = {"conversation": str(uuid.uuid4()), "after": after}
    assert code_of(SubscribeInput, data) == "bad_request"


def test_after_may_be_absent_or_large() -> None:
    conversation = str(uuid.uuid4())
    assert parse(SubscribeInput, {"conversation": conversation}).get("after") is None
    given = parse(SubscribeInput, {"conversation": conversation, "after": 10**30})
    assert given["after"] == 10**30


@pytest.mark.parametrize("label", ["rage", "", None, 5, [], {}, "Joy"])
def test_a_correction_names_one_of_six(label: object) -> None:
    data = {"message": str(uuid.uuid4()), "label": label}
    assert code_of(CorrectionInput, data) == "bad_request"


def test_a_deeply_nested_label_is_only_bad() -> None:
    label: object = "joy"
    for _ in range(5_000):
        label = [label]
    with pytest.raises(BadRequest):
        parse(CorrectionInput, {"message": str(uuid.uuid4()), "label": label})


@pytest.mark.parametrize("value", [2, -2, None, "up", True, [], 0.5])
def test_a_thumb_is_up_down_or_gone(value: object) -> None:
    data = {"reply": str(uuid.uuid4()), "value": value}
    assert code_of(FeedbackInput, data) == "bad_request"


@pytest.mark.parametrize(
    ("title", "code"),
    [(" ", "empty"), ("t" * 81, "too_long"), ("a\x00", "bad_request")],
)
def test_a_title_is_checked(title: str, code: str) -> None:
    assert code_of(ConversationInput, {"title": title}) == code


def test_an_error_is_worded_for_people() -> None:
    with pytest.raises(TooLong) as caught:
        parse(MessageInput, message(text="x" * 4_001))
    assert "4,000" in caught.value.message
    assert "text" not in caught.value.message.split(":", 1)[0]
