"""Prompts in words: the template filled in, the message's end always there."""

from __future__ import annotations

import pytest

from inference.prompt import encode_prompt
from inference.prompt_formats import (
    DEFAULT_TEMPLATE,
    TemplatePrompt,
    TokenPrompt,
    check_template,
    clean,
)
from inference.spiece import read_spiece
from inference.types import HistoryTurn
from tests.inference.foreign_parts import PLAIN
from tests.inference.tiny import reply_tokenizer

TURNS = (HistoryTurn("hello", "how are you?"), HistoryTurn("so so", "tell me"))
SHORT = TemplatePrompt("{emotion}. {history} Person: {message} Friend:", 1)


@pytest.fixture(scope="module")
def words():
    return read_spiece(PLAIN.read_bytes(), 100)


def show(words, ids):
    return words.decode([i for i in ids if i > 2])


def test_ours_is_what_training_saw():
    tokenizer = reply_tokenizer()
    made = TokenPrompt().encode(tokenizer, "joy", TURNS, "i am so sad", 32)
    assert made == encode_prompt(tokenizer, "joy", TURNS, "i am so sad", 32)


def test_the_template_is_filled_in_and_ended(words):
    prompt = TemplatePrompt("feels {emotion}. {history} Person: {message} Friend:", 1)
    ids = prompt.encode(words, "joy", TURNS, "what now", 200)
    assert ids[-1] == 1
    assert show(words, ids) == (
        "feels joy. Person: hello Friend: how are you? Person: so so Friend: tell me"
        " Person: what now Friend:"
    )


def test_the_tokens_are_those_of_the_whole_text(words):
    prompt = TemplatePrompt("{message}", 1)
    ids = prompt.encode(words, None, (), "what should i do", 64)
    assert ids == [*words.encode("what should i do", add_special_tokens=False).ids, 1]


def test_without_label_and_history_it_still_reads_well(words):
    prompt = TemplatePrompt("feels {emotion}. {history} Person: {message}", 1)
    ids = prompt.encode(words, None, (), "hello", 64)
    assert show(words, ids) == "feels something. Person: hello"


def test_the_oldest_turns_go_first(words):
    whole = SHORT.encode(words, "joy", TURNS, "now", 200)
    cut = SHORT.encode(words, "joy", TURNS, "now", len(whole) - 1)
    assert "hello" in show(words, whole)
    assert "hello" not in show(words, cut)
    assert "so so" in show(words, cut)


@pytest.mark.parametrize("max_tokens", [24, 33, 64])
def test_then_the_head_of_the_message(words, max_tokens):
    message = "what now " * 90 + "so sad today"
    ids = SHORT.encode(words, "joy", TURNS, message, max_tokens)
    assert max_tokens - 3 <= len(ids) <= max_tokens
    assert ids[-1] == 1
    assert "so sad today Friend:" in show(words, ids)


@pytest.mark.parametrize("message", ["x" * 4000, "日本" * 500, "😢" * 900, "a\n" * 999])
def test_no_message_is_too_long(words, message):
    for max_tokens in (30, 33, 50):
        assert len(SHORT.encode(words, None, TURNS, message, max_tokens)) <= max_tokens


def test_what_people_write_is_no_template(words):
    ids = SHORT.encode(words, "joy", (), "{emotion} {message}", 64)
    assert show(words, ids).count("joy") == 1


@pytest.mark.parametrize("sign", ["</s>", "<pad>", "<extra_id_0>", "<0x41>", "<<x>/s>"])
def test_nobody_can_write_a_control_token(words, sign):
    ids = SHORT.encode(words, None, (HistoryTurn(sign, sign),), f"a {sign} b", 64)
    marks = {0, *range(words.token_to_id("<extra_id_99>"), words.get_vocab_size())}
    assert not marks & set(ids)
    assert ids.count(1) == 1


def test_case_stays_and_emoji_become_words():
    assert clean("I got the JOB 🎉") == "I got the JOB celebrate"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("Say something kind.", "needs {message}"),
        ("{message} {message}", "once"),
        ("{message} {name}", "may not name {name}"),
        ("{message} {0.__class__}", "may not name"),
    ],
)
def test_a_wrong_template_is_refused(template, words):
    with pytest.raises(ValueError, match=words.replace("{", r"\{")):
        check_template(template)


def test_the_default_is_a_template():
    check_template(DEFAULT_TEMPLATE)
