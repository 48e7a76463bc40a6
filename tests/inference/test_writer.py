"""The writer's tables: what the T5 learns to say must be whole, varied and in its place."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from inference.registry import EMOTION_LABELS
from inference.training.writer import Writer, who_is_named

WRITER = Writer()
TOPICS = [(e, t) for e in EMOTION_LABELS for t in WRITER.topics[e]]
SENTENCES = {s for _, t in TOPICS for s in (*t.first, *t.then, *t.advice)}
NEVER = re.compile(
    r"\b(?:I know how you feel|everything will be (?:fine|ok)|as an ai)\b",
    re.IGNORECASE,
)


def replies(emotion: str, message: str, n: int = 40) -> set[str]:
    topic = WRITER.topic(emotion, message)
    return {WRITER.reply(topic, message, random.Random(i)) for i in range(n)}


@pytest.mark.parametrize(("emotion", "topic"), TOPICS)
def test_a_topic_has_enough_to_say(emotion, topic):
    assert len(topic.first) >= 5
    assert len(topic.then) >= 5
    for lines in (topic.first, topic.then, topic.advice):
        assert sum("{" not in line for line in lines) * 2 >= len(lines)
        assert len(set(lines)) == len(lines)


def test_sentences_are_whole_and_keep_the_rules():
    wrong = [s for s in SENTENCES if s[-1] not in ".!?" or NEVER.search(s) or "  " in s]
    assert wrong == []
    assert len(SENTENCES) > 3_000


def test_nothing_is_shouted_at_who_is_angry_afraid_or_sad():
    loud = [
        s
        for e, t in TOPICS
        if e in ("anger", "fear", "sadness")
        for s in (*t.first, *t.then, *t.advice)
        if "!" in s
    ]
    assert loud == []


@pytest.mark.parametrize("emotion", EMOTION_LABELS)
def test_any_message_is_answered_in_many_ways(emotion):
    found = replies(emotion, "qwertz", 200)
    assert len(found) > 60
    assert max(Counter(r.split(".")[0] for r in found).values()) < 60


def test_the_situation_is_answered_and_not_only_the_tone():
    spoken = replies("sadness", "my dog died this morning")
    others = replies("sadness", "i failed the exam again")
    assert spoken.isdisjoint(others)


def test_who_is_named_is_taken_up():
    assert who_is_named("My older sister and my dog left") == {
        "who": "your older sister",
        "pet": "your dog",
    }
    assert who_is_named("the neighbour's cat") == {}
    assert not any("{" in r for r in replies("love", "my grandma sings to me"))


def test_who_asks_for_advice_gets_some():
    topic = WRITER.topic("fear", "what should i do before my exam?")
    said = replies("fear", "what should i do before my exam?")
    assert topic.advice
    assert all(any(r.endswith(a) for a in topic.advice) for r in said)


def test_what_comes_next_does_not_ask_the_same_again():
    before, rng = "my dog died", random.Random(1)
    topic = WRITER.topic("sadness", before)
    said = WRITER.reply(topic, before, rng)
    for n in range(40):
        then = WRITER.next_reply("sadness", topic, "yes", said, random.Random(n))
        assert then.rsplit(". ", 1)[-1] not in said


def test_the_talk_has_no_message_twice_in_one_place():
    messages = Counter(
        (m.lower(), label)
        for intent in WRITER.intents
        for m in intent.messages
        for label in intent.labels or ("any",)
    )
    assert [m for m, n in messages.items() if n > 1] == []
    assert all(len(intent.replies) >= 8 for intent in WRITER.intents)


def test_what_is_said_passes_our_own_check():
    """Nothing that the product's check of replies would cut may be taught."""
    from chat.care.output import OutputCheck

    faults = {}
    for sentence in SENTENCES | {r for i in WRITER.intents for r in i.replies}:
        check = OutputCheck("hello")
        said = sentence.format(who="your sister", pet="your dog")
        if check.feed(said) + check.flush() != said:
            faults[said] = check.fault
    assert faults == {}
