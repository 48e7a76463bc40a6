"""Tabs, devices and reloads on a real server; replies stall where they must."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from tests.chat.scripted import HALF_TEXT, WHOLE_TEXT
from tests.wire import Client, open_socket

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.chat.scripted import HeldServer
    from tests.server import LiveServer


def shown(client: Client, reply: str) -> str:
    """What a client shows of a reply: snapshots replace, deltas append where they fit."""
    text = ""
    for frame in client.frames:
        if frame["type"] == "snapshot" and frame.get("live", {}).get("reply") == reply:
            text = frame["live"]["text"]
        elif frame["type"] == "reply.delta" and frame["reply"] == reply:
            assert frame["offset"] <= len(text), "a gap"
            text += frame["text"][len(text) - frame["offset"] :]
        elif frame["type"] == "reply.finished" and frame["reply"] == reply:
            text = frame["text"]
    return text


async def until_shown(client: Client, reply: str, text: str) -> None:
    await client.wait(lambda _: shown(client, reply) == text)


async def subscribe(client: Client, conversation: str, **more: Any) -> dict[str, Any]:
    return await client.answer(type="subscribe", conversation=conversation, **more)


def durable(client: Client, conversation: str) -> list[int]:
    return [
        frame["seq"]
        for frame in client.frames
        if "seq" in frame
        and frame["type"] not in ("ack", "snapshot")
        and frame["conversation"] == conversation
    ]


async def test_it_says_what_it_offers(
    live_server_process: LiveServer, new_person: People
) -> None:
    person = new_person()
    async with open_socket(live_server_process, person) as client:
        ready = await client.wait(lambda frame: frame["type"] == "ready")
    assert ready["version"] == "emochat.v1"
    assert ready["user"]["id"] == person.id
    assert ready["limits"]["text"] == 4_000
    bert = next(c for c in ready["classifiers"] if c["name"] == "bert")
    assert bert["task"] == "emotion"
    assert len(bert["labels"]) == 6


async def test_a_message_is_read_and_answered_by_the_shipped_models(
    live_server_process: LiveServer, new_person: People
) -> None:
    async with open_socket(live_server_process, new_person()) as client:
        ack = await client.say("I am feeling so tired and depressed.")
        finished = await client.finished(ack["reply"])
        (classified,) = client.of_type("message.classified")
        assert classified["label"] == "sadness"
        assert abs(sum(classified["scores"].values()) - 1) < 0.01
        assert finished["text"]
        assert shown(client, ack["reply"]) == finished["text"]
        assert durable(client, ack["conversation"]) == [1, 2, 3, 4]


async def test_the_same_seed_of_events_in_two_tabs(
    live_server_process: LiveServer, new_person: People
) -> None:
    person = new_person()
    async with (
        open_socket(live_server_process, person) as one,
        open_socket(live_server_process, person) as other,
    ):
        ack = await one.say("Hello there.")
        conversation = ack["conversation"]
        await other.wait(lambda frame: frame["type"] == "conversation.updated")
        await one.finished(ack["reply"])
        await subscribe(other, conversation)
        second = await other.say("And again.", conversation=conversation)
        third = await one.say("Once more.", conversation=conversation)
        for client in (one, other):
            for reply in (second["reply"], third["reply"]):
                await client.finished(reply)
        assert durable(one, conversation)[
            -len(durable(other, conversation)) :
        ] == durable(other, conversation)
        for reply in (second["reply"], third["reply"]):
            assert shown(one, reply) == shown(other, reply)


async def test_four_words_are_shown_while_the_fifth_is_awaited(
    scripted: HeldServer, new_scripted_person: People
) -> None:
    async with open_socket(scripted.server, new_scripted_person()) as client:
        with scripted.stalled():
            ack = await client.say("Hello")
            await until_shown(client, ack["reply"], HALF_TEXT)
            assert not client.of_type("reply.finished")
        assert (await client.finished(ack["reply"]))["text"] == WHOLE_TEXT


async def test_a_second_device_joins_in_the_middle(
    scripted: HeldServer, new_scripted_person: People
) -> None:
    person = new_scripted_person()
    async with open_socket(scripted.server, person) as phone:
        with scripted.stalled():
            ack = await phone.say("Hello")
            await until_shown(phone, ack["reply"], HALF_TEXT)
            async with open_socket(scripted.server, person) as laptop:
                snapshot = await subscribe(laptop, ack["conversation"])
                assert snapshot["live"]["text"] == HALF_TEXT
                assert snapshot["live"]["reply"] == ack["reply"]
                (turn,) = snapshot["messages"]
                assert turn["classifications"][0]["classifier"] == "bert"
                scripted.go_on()
                await laptop.finished(ack["reply"])
                assert shown(laptop, ack["reply"]) == WHOLE_TEXT
        await phone.finished(ack["reply"])


async def test_a_reload_in_the_middle_goes_on_where_it_was(
    scripted: HeldServer, new_scripted_person: People
) -> None:
    person = new_scripted_person()
    with scripted.stalled():
        async with open_socket(scripted.server, person) as before:
            ack = await before.say("Hello")
            await until_shown(before, ack["reply"], HALF_TEXT)
            seen = max(durable(before, ack["conversation"]))
        async with open_socket(scripted.server, person) as after:
            snapshot = await subscribe(after, ack["conversation"], after=seen)
            assert snapshot["messages"] == []
            assert shown(after, ack["reply"]) == HALF_TEXT
            scripted.go_on()
            assert (await after.finished(ack["reply"]))["text"] == WHOLE_TEXT


async def test_a_reply_goes_on_though_everybody_left(
    scripted: HeldServer, new_scripted_person: People
) -> None:
    person = new_scripted_person()
    async with open_socket(scripted.server, person) as client:
        ack = await client.say("Hello")
    async with open_socket(scripted.server, person) as client:
        async with asyncio.timeout(20):
            while True:
                snapshot = await subscribe(client, ack["conversation"])
                (reply,) = snapshot["messages"][0]["replies"]
                if reply["state"] == "done":
                    break
                await asyncio.sleep(0.1)
    assert reply["text"] == WHOLE_TEXT


async def test_another_socket_may_stop_it(
    scripted: HeldServer, new_scripted_person: People
) -> None:
    person = new_scripted_person()
    async with (
        open_socket(scripted.server, person) as one,
        open_socket(scripted.server, person) as other,
    ):
        with scripted.stalled():
            ack = await one.say("Hello")
            await until_shown(one, ack["reply"], HALF_TEXT)
            stopped = await other.answer(type="reply.stop", reply=ack["reply"])
            assert stopped["type"] == "ack"
            finished = await one.finished(ack["reply"])
            assert (finished["reason"], finished["text"]) == ("stopped", HALF_TEXT)
            again = await other.answer(type="reply.stop", reply=ack["reply"])
            assert again["type"] == "ack"
    assert len(one.of_type("reply.finished")) == 1


async def test_five_wait_and_the_sixth_is_refused(
    scripted: HeldServer, new_scripted_person: People
) -> None:
    async with open_socket(scripted.server, new_scripted_person()) as client:
        with scripted.stalled():
            first = await client.say("0")
            conversation = first["conversation"]
            await until_shown(client, first["reply"], HALF_TEXT)
            waiting = [
                await client.say(str(n), conversation=conversation) for n in range(1, 6)
            ]
            refused = await client.say("6", conversation=conversation)
            assert refused["code"] == "reply_active"
            scripted.go_on()
            for ack in waiting:
                await client.finished(ack["reply"])
    ended = [frame["reply"] for frame in client.of_type("reply.finished")]
    assert ended == [ack["reply"] for ack in [first, *waiting]]
    seqs = durable(client, conversation)
    assert seqs == list(range(1, len(seqs) + 1))


async def test_regenerate_correct_and_judge(
    scripted: HeldServer, new_scripted_person: People
) -> None:
    async with open_socket(scripted.server, new_scripted_person()) as client:
        ack = await client.say("Hello")
        await client.finished(ack["reply"])
        message = ack["message"]
        again = await client.answer(type="reply.regenerate", message=message)
        finished = await client.finished(again["reply"])
        assert finished["message"] == message
        busy = await client.answer(type="emotion.correct", message=message, label="joy")
        assert busy["type"] == "ack"
        thumb = {"type": "reply.feedback", "reply": ack["reply"], "value": -1}
        assert (await client.answer(**thumb, note="cold"))["type"] == "ack"
        snapshot = await subscribe(client, ack["conversation"])
    (turn,) = snapshot["messages"]
    assert turn["correction"] == "joy"
    assert [reply["ordinal"] for reply in turn["replies"]] == [1, 2]
    assert turn["replies"][0]["feedback"] == -1
    assert len(client.of_type("message.corrected")) == 1
    assert len(client.of_type("reply.feedback")) == 1


async def test_somebody_elses_ids_are_like_unknown_ones(
    scripted: HeldServer, new_scripted_person: People
) -> None:
    async with (
        open_socket(scripted.server, new_scripted_person()) as hers,
        open_socket(scripted.server, new_scripted_person()) as his,
    ):
        ack = await hers.say("Hello")
        await hers.finished(ack["reply"])

        async def ask(conversation: str, message: str, reply: str) -> list[Any]:
            commands = [
                {"type": "subscribe", "conversation": conversation},
                {"type": "reply.stop", "reply": reply},
                {"type": "reply.regenerate", "message": message},
                {"type": "emotion.correct", "message": message, "label": "joy"},
                {"type": "reply.feedback", "reply": reply, "value": 1},
            ]
            answers = [await his.answer(**command) for command in commands]
            said = await his.say("Mine now", conversation=conversation)
            return [
                {key: got[key] for key in ("type", "code", "message", "retryable")}
                for got in [*answers, said]
            ]

        theirs = await ask(ack["conversation"], ack["message"], ack["reply"])
        unknown = [str(uuid.uuid4()) for _ in range(3)]
        assert theirs == await ask(*unknown)
        assert {got["code"] for got in theirs} == {"not_found"}
        await hers.say("Still mine", conversation=ack["conversation"])
        await asyncio.sleep(0.2)
        assert {frame["type"] for frame in his.frames} == {"ready", "error"}
