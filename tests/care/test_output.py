"""The check behind the model, fed token by token."""

from __future__ import annotations

import re

import pytest

from chat.care import texts
from chat.care.output import OutputCheck

HARSH = "I am worthless"


def stream(reply: str, message: str = "hello") -> tuple[OutputCheck, list[str]]:
    """Feed words as a tokenizer cuts them; return what each let through."""
    check = OutputCheck(message)
    tokens = re.findall(r"\s*[A-Za-z]+|\s*[^A-Za-z\s]|\s+", reply)
    return check, [check.feed(token) for token in tokens] + [check.flush()]


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("You are so stupid.", "insult"),
        ("Well, you're just an idiot", "insult"),
        ("It's all your own fault.", "insult"),
        ("Just kill yourself", "insult"),
        ("Nobody likes you.", "insult"),
        ("Shut up!", "insult"),
        ("Get over it.", "insult"),
        ("You should take some xanax.", "advice"),
        ("Stop taking your medication.", "advice"),
        ("You have depression.", "advice"),
        ("You should sue them.", "advice"),
        ("Put your savings in bitcoin.", "advice"),
        ("You should invest in stocks.", "advice"),
        ("I am a real person.", "human"),
        ("I'm not a bot.", "human"),
        ("My mom did that too.", "human"),
        ("When I was a kid I had that.", "human"),
        ("Me too!", "human"),
        ("I’m a human.", "human"),
    ],
)
def test_what_must_not_be_said_is_not_said(reply: str, fault: str) -> None:
    check, out = stream(reply)
    assert check.fault == fault
    assert not "".join(out).strip() or not reply.startswith("".join(out).strip() + ".")
    assert check.instead


@pytest.mark.parametrize(
    "reply",
    ["Yes, you are.", "I agree.", "That's true.", "Yes.", "You are right.", "Haha"],
)
def test_nobody_is_agreed_to_be_worthless(reply: str) -> None:
    check, out = stream(reply, HARSH)
    assert check.fault == "worthless"
    assert "".join(out) == ""
    assert check.instead in texts.INSTEAD_WORTHLESS
    assert stream(reply, "I got the job!")[0].fault in (None, "human")


@pytest.mark.parametrize(
    "reply",
    [
        "I am so sorry to hear that.",
        "It is not your fault.",
        "You are not stupid, and you are not alone.",
        "You're really a good friend.",
        "I understand why you feel stupid. You are not.",
        "Did you take it to a doctor?",
        "I bet you were proud!",
        "You deserve to be happy.",
        "What will you do next?",
        "",
        "Wow",
        "I'm a program, but I am glad.",
    ],
)
def test_what_is_kind_passes_whole(reply: str) -> None:
    check, out = stream(reply, HARSH)
    assert check.fault is None
    assert "".join(out) == reply


def test_joy_is_no_agreement_that_somebody_is_worthless() -> None:
    reply = "That's great! What kind of job is it?"
    check, out = stream(reply)
    assert check.fault is None
    assert "".join(out) == reply
    assert stream(reply, HARSH)[0].fault == "worthless"


def test_the_first_token_leaves_at_once_where_nothing_can_begin() -> None:
    check = OutputCheck("hello")
    assert check.feed("Oh") == "Oh"
    assert check.feed(" dear") == " dear"


def test_a_clause_that_may_turn_bad_waits_until_it_can_not() -> None:
    check = OutputCheck("hello")
    assert check.feed("You") == ""
    assert check.feed(" are") == ""
    assert check.feed(" so") == ""
    assert check.feed(" brave") + check.feed("!") == "You are so brave!"


def test_at_most_one_clause_is_held_back() -> None:
    reply = "Oh no. I am sorry. You are so kind. Take care of you."
    check = OutputCheck("hello")
    fed = shown = ""
    for token in re.findall(r"\s*[A-Za-z]+|\.", reply):
        fed += token
        shown += check.feed(token)
        assert "." not in fed[len(shown) :], fed


def test_clauses_that_were_let_through_are_replaced_with_the_rest() -> None:
    check, out = stream("I'm so sorry to hear that. You should take some xanax.")
    assert "".join(out).strip() == "I'm so sorry to hear that."
    assert check.instead in texts.INSTEAD_ADVICE


def test_a_word_is_read_whole_however_it_is_cut() -> None:
    check = OutputCheck("hello")
    for token in ("You", " are", " stu", "pid", "."):
        check.feed(token)
    assert check.fault == "insult"
    check = OutputCheck("hello")
    assert (
        "".join(map(check.feed, ("You", "'", "re", " stupid", "ly", " kind", ".")))
        != ""
    )
    assert check.fault is None


def test_a_flood_without_spaces_is_not_held_back() -> None:
    check = OutputCheck("hello")
    assert check.feed("i" * 500) == "i" * 500


def test_the_seed_chooses_the_words_instead() -> None:
    def instead(seed: int) -> str:
        check = OutputCheck("hello", seed)
        check.feed("Shut up!")
        return check.instead

    assert instead(3) == instead(3)
    assert len({instead(seed) for seed in range(20)}) > 3
