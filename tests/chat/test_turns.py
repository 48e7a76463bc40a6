"""Replies run by the turns of this process and a fake engine, from send to end."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from channels.layers import get_channel_layer

from chat import actions, runtime, turn, turns
from chat.errors import ModelUnavailable, Overloaded, ShuttingDown
from chat.events import conversation_group
from chat.models import Conversation, Message, Reply
from chat.perform import in_database
from chat.services import conversations
from inference.errors import InferenceError
from inference.errors import ModelUnavailable as NotTrained
from tests.chat.cast import claim_next
from tests.fakes import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from chat.services.messages import Accepted
    from chat.turns import TurnRunner
    from tests.chat.cast import Somebody
    from tests.fakes import FakeEngine

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner"),
]

TIMEOUT_S = 20
WHOLE = " ".join(WORDS)
Frame = dict[str, Any]


class Watcher:
    """Hears what a conversation's watchers are told."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.frames: list[Frame] = []

    async def until(self, match: Callable[[Frame], bool]) -> Frame:
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                message = await get_channel_layer().receive(self.channel)
                self.frames.append(message["frame"])
                if match(message["frame"]):
                    return message["frame"]

    async def finished(self) -> Frame:
        return await self.until(lambda frame: frame["type"] == "reply.finished")

    async def said(self, text: str) -> None:
        """Wait until deltas have told this much."""
        await self.until(lambda _: self.text() == text)

    def text(self) -> str:
        """What a client shows: a delta of a new attempt starts afresh."""
        text, attempt = "", 0
        for frame in self.of_type("reply.delta"):
            if frame["attempt"] != attempt:
                text, attempt = "", frame["attempt"]
            assert frame["offset"] == len(text)
            text += frame["text"]
        return text

    def of_type(self, kind: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == kind]

    def kinds(self) -> list[str]:
        return [f["type"] for f in self.frames if f["type"] != "reply.delta"]


async def watch(conversation: UUID) -> Watcher:
    layer = get_channel_layer()
    watcher = Watcher(await layer.new_channel())
    await layer.group_add(conversation_group(conversation), watcher.channel)
    return watcher


async def send(who: Somebody, **more: Any) -> tuple[Accepted, Watcher]:
    """Send a message and hear all that follows."""
    watchers: list[Watcher] = []

    async def listen(accepted: Accepted) -> None:
        watchers.append(await watch(accepted.conversation))

    accepted = await actions.send_message(
        session_key=who.session_key,
        data={"id": str(uuid.uuid4()), "text": "I miss her.", **more},
        before_publish=listen,
    )
    return accepted, watchers[0]


async def row(accepted: Accepted) -> Reply:
    return await in_database(Reply.objects.get, pk=accepted.reply)


# --- From send to end ---------------------------------------------------------------


async def test_a_reply_is_read_begun_streamed_and_ended(
    alice: Somebody, engine: FakeEngine
) -> None:
    accepted, watcher = await send(alice)
    finished = await watcher.finished()
    assert watcher.kinds() == [
        "message.created",
        "conversation.updated",
        "message.classified",
        "reply.started",
        "reply.finished",
    ]
    durable = [frame["seq"] for frame in watcher.frames if "seq" in frame]
    assert durable == [1, 2, 3, 4]
    assert (finished["reason"], finished["text"]) == ("stop", WHOLE)
    assert 0 <= finished["first_token_ms"] <= finished["duration_ms"]
    reply = await row(accepted)
    assert (reply.state, reply.text, reply.attempt) == ("done", WHOLE, 1)
    assert (reply.first_token_ms, reply.duration_ms) == (
        finished["first_token_ms"],
        finished["duration_ms"],
    )
    request = engine.generated[0]
    assert (request.text, request.label) == ("I miss her.", "sadness")
    assert request.seed == reply.seed


async def test_every_chosen_classifier_reads(alice: Somebody) -> None:
    _, watcher = await send(alice, classifiers=["roberta", "bert", "distilbert"])
    await watcher.finished()
    read = [frame["classifier"] for frame in watcher.of_type("message.classified")]
    assert read == ["roberta", "bert", "distilbert"]
    scores = watcher.of_type("message.classified")[0]["scores"]
    assert sum(scores.values()) == pytest.approx(1)


async def test_history_reaches_the_engine(alice: Somebody, engine: FakeEngine) -> None:
    accepted, watcher = await send(alice)
    await watcher.finished()
    await send(alice, conversation=str(accepted.conversation), text="And now?")
    await watcher.finished()
    (turn_before,) = engine.generated[1].history
    assert (turn_before.message, turn_before.reply) == ("I miss her.", WHOLE)


async def test_waiting_replies_run_in_order(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.stall_at = 2
    accepted, watcher = await send(alice, text="0")
    for n in range(1, 6):
        await send(alice, text=str(n), conversation=str(accepted.conversation))
    await watcher.said("one two")
    assert len(engine.running) == 1
    engine.release()
    for _ in range(6):
        await watcher.finished()
    assert [request.text for request in engine.generated] == list("012345")
    seqs = [frame["seq"] for frame in watcher.frames if "seq" in frame]
    assert seqs == list(range(1, len(seqs) + 1))
    assert (await in_database(Conversation.objects.get)).last_seq == seqs[-1]


async def test_other_conversations_do_not_wait(
    alice: Somebody, charlie: Somebody, engine: FakeEngine
) -> None:
    engine.stall_at = 2
    _, hers = await send(alice)
    _, his = await send(charlie)
    await asyncio.gather(hers.said("one two"), his.said("one two"))
    assert len(engine.running) == 2
    engine.release()
    await asyncio.gather(hers.finished(), his.finished())


async def test_four_tokens_are_shown_while_the_fifth_stalls(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.stall_at = 4
    engine.token_s = 0.02
    accepted, watcher = await send(alice)
    await watcher.said("one two three four")
    assert (await row(accepted)).state == "running"
    assert runtime.live_text(accepted.reply) == "one two three four"
    engine.release()
    assert (await watcher.finished())["text"] == WHOLE


async def test_the_partial_text_is_kept_for_others(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "RENEW_S", 0.1)
    engine.stall_at = 4
    accepted, watcher = await send(alice)
    await watcher.said("one two three four")
    async with asyncio.timeout(TIMEOUT_S):
        while (await row(accepted)).text != "one two three four":
            await asyncio.sleep(0.05)


# --- Classifiers that fail ----------------------------------------------------------


def make_fail(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    works = engine.classify

    async def classify(request: Any) -> Any:
        if request.classifier in names:
            raise NotTrained(f"{request.classifier} is broken")
        return await works(request)

    monkeypatch.setattr(engine, "classify", classify)


async def test_what_is_read_but_not_likely_is_not_told(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.score = 0.3
    _, watcher = await send(alice)
    await watcher.finished()
    (read,) = watcher.of_type("message.classified")
    assert read["label"] == "sadness"
    assert engine.generated[0].label is None


async def test_a_classifier_that_fails_is_left_out(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_fail(engine, monkeypatch, "roberta")
    _, watcher = await send(alice, classifiers=["bert", "roberta"])
    finished = await watcher.finished()
    read = [frame["classifier"] for frame in watcher.of_type("message.classified")]
    assert read == ["bert"]
    assert finished["reason"] == "stop"
    assert engine.generated[0].label == "sadness"


async def test_without_the_first_classifier_there_is_no_label(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_fail(engine, monkeypatch, "bert")
    _, watcher = await send(alice, classifiers=["bert", "roberta"])
    assert (await watcher.finished())["reason"] == "stop"
    assert engine.generated[0].label is None


async def test_a_model_that_fails_ends_the_reply(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.fail_at, engine.fail = 2, InferenceError("out of memory")
    accepted, watcher = await send(alice)
    finished = await watcher.finished()
    assert (finished["reason"], finished["text"]) == ("error", "one two")
    assert finished["error_code"] == "model_unavailable"
    assert (await row(accepted)).state == "failed"


async def test_a_bug_ends_the_reply_too(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "generate", lambda request: None)
    _, watcher = await send(alice)
    finished = await watcher.finished()
    assert (finished["reason"], finished["error_code"]) == ("error", "internal")


# --- An engine that is busy, lost, or stuck -----------------------------------------


async def test_a_busy_engine_only_delays(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "RETRY_S", 0.05)
    monkeypatch.setattr(engine, "check_admission", lambda: None)
    engine.is_busy = True
    accepted, watcher = await send(alice)
    async with asyncio.timeout(TIMEOUT_S):
        while (reply := await row(accepted)).attempt == 0 or reply.state != "pending":
            await asyncio.sleep(0.02)
    engine.is_busy = False
    assert (await watcher.finished())["text"] == WHOLE
    assert watcher.kinds().count("reply.finished") == 1


async def test_a_lost_engine_is_tried_again(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.stall_at = 3
    accepted, watcher = await send(alice)
    await watcher.said("one two three")
    engine.die()
    async with asyncio.timeout(TIMEOUT_S):
        while (await row(accepted)).state != "pending":
            await asyncio.sleep(0.02)
    engine.release()
    engine.revive()
    finished = await watcher.finished()
    assert (finished["reason"], finished["text"]) == ("stop", WHOLE)
    assert watcher.kinds().count("reply.finished") == 1
    assert watcher.kinds().count("message.classified") == 1
    assert [f["attempt"] for f in watcher.of_type("reply.started")] == [1, 2]


async def test_an_engine_that_stays_lost_is_given_up(
    alice: Somebody,
    engine: FakeEngine,
    runner: TurnRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn, "RETRY_S", 0.001)
    monkeypatch.setattr(turns, "POLL_S", 0.02)
    monkeypatch.setattr(engine, "check_admission", lambda: None)
    engine.is_lost = True
    accepted, watcher = await send(alice)
    finished = await watcher.finished()
    assert (finished["reason"], finished["error_code"]) == (
        "error",
        "model_unavailable",
    )
    assert (await row(accepted)).attempt == 5
    async with asyncio.timeout(10):
        while runner.turns:
            await asyncio.sleep(0.01)


async def test_a_stuck_engine_meets_the_deadline(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "GUARD_S", 0.5)
    engine.stall_at = 3
    accepted, watcher = await send(alice)
    finished = await watcher.finished()
    assert (finished["reason"], finished["text"]) == ("deadline", "one two three")
    assert (await row(accepted)).state == "done"
    assert not engine.running  # its slot is free again


async def test_a_stuck_classifier_meets_the_deadline(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "GUARD_S", 0.3)
    engine.classify_s = 60
    _, watcher = await send(alice)
    finished = await watcher.finished()
    assert (finished["reason"], finished["text"]) == ("deadline", "")


async def test_an_engine_without_room_is_told_before_storing(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.is_busy = True
    with pytest.raises(Overloaded) as busy:
        await send(alice)
    assert busy.value.retry_after_s == 2.0
    engine.is_busy, engine.is_lost = False, True
    with pytest.raises(ModelUnavailable):
        await send(alice)
    assert not await in_database(Message.objects.count)


async def test_as_many_turns_run_as_are_allowed(
    alice: Somebody, engine: FakeEngine, settings: Any
) -> None:
    settings.EMOCHAT_MAX_TURNS = 1
    engine.stall_at = 1
    _, watcher = await send(alice)
    await watcher.said("one")
    with pytest.raises(Overloaded):
        await send(alice)
    engine.release()
    await watcher.finished()


# --- Stop ---------------------------------------------------------------------------


async def stop(who: Somebody, accepted: Accepted) -> None:
    await actions.stop_reply(session_key=who.session_key, reply_id=accepted.reply)


async def test_stopping_ends_the_stream_and_frees_the_engine(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.stall_at = 3
    accepted, watcher = await send(alice)
    await watcher.said("one two three")
    await stop(alice, accepted)
    finished = await watcher.finished()
    assert (finished["reason"], finished["text"]) == ("stopped", "one two three")
    assert engine.cancelled == [f"{accepted.reply}.1"]
    assert not engine.running
    assert (await row(accepted)).state == "stopped"


async def test_stopping_while_classifying_writes_nothing(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.classify_s = 0.3
    accepted, watcher = await send(alice)
    async with asyncio.timeout(TIMEOUT_S):
        while not engine.classified:
            await asyncio.sleep(0.01)
    await stop(alice, accepted)
    finished = await watcher.finished()
    assert (finished["reason"], finished["text"]) == ("stopped", "")
    assert not engine.generated


async def test_stopping_one_that_waits_leaves_the_other(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.stall_at = 3
    first, watcher = await send(alice)
    second, _ = await send(alice, conversation=str(first.conversation))
    await watcher.said("one two three")
    await stop(alice, second)
    assert (await watcher.finished())["reply"] == str(second.reply)
    engine.release()
    finished = await watcher.finished()
    assert (finished["reply"], finished["reason"]) == (str(first.reply), "stop")
    assert len(engine.generated) == 1


async def test_a_stop_asked_of_another_process_arrives(
    alice: Somebody, engine: FakeEngine
) -> None:
    """There only the row changes, and a hint is sent: here, the hint alone is lost."""
    engine.stall_at = 3
    accepted, watcher = await send(alice)
    await watcher.said("one two three")
    await in_database(
        lambda: Reply.objects.update(stop_requested_at="2026-01-01T00:00Z")
    )
    assert (await watcher.finished())["reason"] == "stopped"
    assert (await row(accepted)).state == "stopped"


async def test_a_hint_from_another_process_stops_at_once(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "RENEW_S", 60)
    engine.stall_at = 3
    accepted, watcher = await send(alice)
    await watcher.said("one two three")
    hint = {"type": "turn.stop", "reply": str(accepted.reply)}
    await get_channel_layer().group_send(turns.TURNS_GROUP, hint)
    assert (await watcher.finished())["reason"] == "stopped"


async def test_deleting_stops_a_running_reply(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.stall_at = 3
    accepted, watcher = await send(alice)
    await watcher.said("one two three")
    await in_database(
        conversations.delete_conversation,
        session_key=alice.session_key,
        conversation_id=accepted.conversation,
    )
    assert (await watcher.finished())["reason"] == "stopped"
    assert not engine.running


async def test_regenerating_runs_the_next_ordinal(
    alice: Somebody, engine: FakeEngine
) -> None:
    accepted, watcher = await send(alice)
    await watcher.finished()
    await actions.regenerate_reply(
        session_key=alice.session_key, message_id=accepted.message
    )
    finished = await watcher.finished()
    assert finished["reply"] != str(accepted.reply)
    assert watcher.of_type("reply.started")[-1]["ordinal"] == 2
    assert len(engine.classified) == 1
    assert engine.generated[0].seed != engine.generated[1].seed


# --- Starting, sweeping, draining ---------------------------------------------------


async def test_what_was_left_pending_runs_at_the_start(
    alice: Somebody, runner: TurnRunner, engine: FakeEngine
) -> None:
    await runtime.stop(drain_s=0)
    accepted = await in_database(alice.sends)
    watcher = await watch(accepted.conversation)
    engine.revive()
    runtime.start(engine)
    assert (await watcher.finished())["text"] == WHOLE


async def test_what_a_dead_process_left_is_swept_up(
    alice: Somebody, engine: FakeEngine, settings: Any
) -> None:
    await runtime.stop(drain_s=0)
    settings.EMOCHAT_LEASE_S = 0.05
    accepted = await in_database(alice.sends)
    watcher = await watch(accepted.conversation)
    await in_database(claim_next)
    await asyncio.sleep(0.1)
    settings.EMOCHAT_LEASE_S = 15
    engine.revive()
    runtime.start(engine)
    assert (await watcher.finished())["text"] == WHOLE
    assert (await row(accepted)).attempt == 2


async def test_draining_takes_nothing_new_and_ends_what_runs(
    alice: Somebody, runner: TurnRunner, engine: FakeEngine
) -> None:
    engine.stall_at = 3
    first, watcher = await send(alice)
    await send(alice, conversation=str(first.conversation))
    await watcher.said("one two three")
    draining = asyncio.create_task(runtime.stop(drain_s=TIMEOUT_S))
    await asyncio.sleep(0.05)
    with pytest.raises(ModelUnavailable):  # the process has let go of its turns
        await send(alice)
    with pytest.raises(ShuttingDown):
        runner.check_admission()
    engine.release()
    await draining
    assert (await row(first)).text == WHOLE
    waiting = await in_database(Reply.objects.get, state="pending")
    assert waiting.attempt == 0


async def test_people_leave_and_the_reply_goes_on(
    alice: Somebody, engine: FakeEngine
) -> None:
    """Nobody is asked: no socket is even open here."""
    accepted, _ = await send(alice)
    assert await actions.wait_until_finished(accepted.reply, TIMEOUT_S)
    assert (await row(accepted)).text == WHOLE


@pytest.mark.parametrize("n_steps", range(4))
async def test_draining_ends_though_work_arrives(
    runner: TurnRunner, n_steps: int
) -> None:
    runner.wake()
    for _ in range(n_steps):
        await asyncio.sleep(0)
    async with asyncio.timeout(TIMEOUT_S):
        await runner.drain(timeout_s=0)
