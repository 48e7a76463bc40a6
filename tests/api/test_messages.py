"""Sending, waiting, stopping, judging: an app that does without sockets."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inference.registry import TASKS
from tests.api.app import App, assert_problem
from tests.chat.scripted import HALF_TEXT, WHOLE_TEXT
from tests.chat.texts import JSON_ONLY, STRINGS, TEXTS

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.chat.scripted import HeldServer


def until(app: App, reply: str, text: str) -> None:
    """Wait until the running reply says so much."""
    for _ in range(200):
        if app.ok("GET", f"replies/{reply}/")["text"] == text:
            return
        time.sleep(0.05)
    raise AssertionError(f"it never said {text!r}")


def test_a_parameter_given_twice_is_refused(app: App) -> None:
    where = app.new_conversation()
    assert_problem(app.send(where, query="?wait=x&wait=0"), 400, "bad_request")
    twice = app.call("GET", "conversations/?page_size=2&page_size=3")
    assert_problem(twice, 400, "bad_request")


def asked(app: App, conversation: str) -> str:
    """Wait until the conversation's one message is there; return its reply."""
    for _ in range(200):
        turns = app.ok("GET", f"conversations/{conversation}/messages/")["results"]
        if turns:
            return str(turns[0]["replies"][0]["id"])
        time.sleep(0.05)
    raise AssertionError("it never came")


def ended(app: App, reply: str) -> dict[str, Any]:
    """Wait until the reply has ended; its whole text may be there before."""
    for _ in range(200):
        found: dict[str, Any] = app.ok("GET", f"replies/{reply}/")
        if found["state"] not in ("pending", "running"):
            return found
        time.sleep(0.05)
    raise AssertionError("it never ended")


def test_a_message_and_its_reply(app: App) -> None:
    where = app.new_conversation()
    sent = app.send(where, "I miss her.")
    assert sent.status_code == 201
    turn = sent.json()
    assert (turn["text"], turn["conversation"], turn["seq"]) == (
        "I miss her.",
        where,
        1,
    )
    (reply,) = turn["replies"]
    assert reply["state"] in ("pending", "running", "done")
    assert sent.headers["Location"] == f"/api/v1/replies/{reply['id']}/"
    whole = ended(app, reply["id"])
    assert whole["text"] == WHOLE_TEXT
    assert (whole["state"], whole["reason"], whole["message"]) == (
        "done",
        "stop",
        turn["id"],
    )
    (listed,) = app.ok("GET", f"conversations/{where}/messages/")["results"]
    assert listed["classifications"][0]["classifier"] == "bert"
    assert listed["replies"][0]["text"] == WHOLE_TEXT


def test_it_waits_for_the_reply(app: App) -> None:
    turn = app.said(app.new_conversation())
    assert turn["replies"][0]["text"] == WHOLE_TEXT
    assert turn["classifications"][0]["label"]


def test_it_waits_no_longer_than_asked(app: App, scripted: HeldServer) -> None:
    where = app.new_conversation()
    with scripted.stalled():
        started = time.monotonic()
        sent = app.send(where, query="?wait=1")
        assert time.monotonic() - started >= 1
    assert sent.status_code == 201
    assert sent.json()["replies"][0]["state"] in ("pending", "running")


@pytest.mark.parametrize("wait", ["-1", "21", "soon", "nan", "1e9", "", "9" * 400])
def test_other_waits_are_refused(app: App, wait: str) -> None:
    where = app.new_conversation()
    assert_problem(app.send(where, query=f"?wait={wait}"), 400, "bad_request")
    assert app.ok("GET", f"conversations/{where}/messages/")["results"] == []


def n_threads(scripted: HeldServer) -> int:
    assert scripted.server.process
    status = Path(f"/proc/{scripted.server.process.pid}/status").read_text()
    return int(status.split("Threads:")[1].split()[0])


def test_waiting_holds_no_thread(
    app: App, people: People, scripted: HeldServer
) -> None:
    n = 24
    apps = [App.of(scripted.server, people()) for _ in range(n)]
    places = [each.new_conversation() for each in apps]
    with ThreadPoolExecutor(n) as phones:
        with scripted.stalled():
            sends = [
                phones.submit(each.send, where, query="?wait=20")
                for each, where in zip(apps, places, strict=True)
            ]
            for each, where in zip(apps, places, strict=True):
                until(each, asked(each, where), HALF_TEXT)
            n_waiting = n_threads(scripted)
        assert all(s.result().json()["replies"][0]["state"] == "done" for s in sends)
    n_before = n_threads(scripted)
    assert n_waiting - n_before < n / 4, (n_before, n_waiting)


def test_one_id_sent_twenty_times_at_once(app: App) -> None:
    where, message = app.new_conversation(), str(uuid.uuid4())
    with ThreadPoolExecutor(20) as phones:
        sends = list(phones.map(lambda _: app.send(where, id=message), range(20)))
    assert sorted(s.status_code for s in sends) == [200] * 19 + [201]
    assert len({s.json()["replies"][0]["id"] for s in sends}) == 1
    assert len(app.ok("GET", f"conversations/{where}/messages/")["results"]) == 1
    assert_problem(app.send(where, "Other.", id=message), 409, "conflict")


def test_stopping_a_running_reply(app: App, scripted: HeldServer) -> None:
    where = app.new_conversation()
    with scripted.stalled():
        reply = app.send(where).json()["replies"][0]["id"]
        until(app, reply, HALF_TEXT)
        app.ok("POST", f"replies/{reply}/stop/")
        for _ in range(100):
            stopped = app.ok("GET", f"replies/{reply}/")
            if stopped["state"] == "stopped":
                break
            time.sleep(0.05)
    assert (stopped["reason"], stopped["text"]) == ("stopped", HALF_TEXT)
    again = app.ok("POST", f"replies/{reply}/stop/")
    assert again["state"] == "stopped"


def test_another_reply(app: App) -> None:
    turn = app.said(app.new_conversation())
    second = app.call("POST", f"messages/{turn['id']}/regenerate/?wait=20")
    assert second.status_code == 201
    assert (second.json()["ordinal"], second.json()["state"]) == (2, "done")
    assert second.json()["id"] != turn["replies"][0]["id"]


def test_not_two_at_once(app: App, scripted: HeldServer) -> None:
    where = app.new_conversation()
    with scripted.stalled():
        turn = app.send(where).json()
        again = app.call("POST", f"messages/{turn['id']}/regenerate/")
        assert_problem(again, 409, "conflict")
        for _ in range(5):
            assert app.send(where).status_code == 201
        assert_problem(app.send(where), 409, "reply_active")


def test_saying_what_is_right(app: App) -> None:
    turn = app.said(app.new_conversation())
    path = f"messages/{turn['id']}/correction/"
    assert app.ok("PUT", path, {"label": "love"})["correction"] == "love"
    assert app.ok("PUT", path, {"label": "fear"})["correction"] == "fear"
    assert_problem(app.call("PUT", path, {"label": "boredom"}), 400, "bad_request")
    assert_problem(app.call("PUT", path, {}), 400, "bad_request")


def test_a_thumb(app: App) -> None:
    reply = app.said(app.new_conversation())["replies"][0]["id"]
    path = f"replies/{reply}/feedback/"
    given = app.ok("PUT", path, {"value": 1, "note": "That helped."})
    assert given["feedback"] == 1
    assert "feedback" not in app.ok("PUT", path, {"value": 0})
    assert_problem(app.call("PUT", path, {"value": 2}), 400, "bad_request")


def test_turns_are_paged_latest_first(app: App) -> None:
    where = app.new_conversation()
    for n in range(5):
        app.said(where, f"message {n}")
    path, seen = f"conversations/{where}/messages/?page_size=2", []
    while path:
        page = app.ok("GET", path)
        seen.append([turn["text"][-1] for turn in page["results"]])
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert seen == [["4", "3"], ["2", "1"], ["0"]]


@pytest.mark.parametrize("size", ["0", "101", "many", "-1", ""])
def test_other_page_sizes_are_refused(app: App, size: str) -> None:
    got = app.call("GET", f"conversations/?page_size={size}")
    assert_problem(got, 400, "bad_request")


def test_the_same_texts_are_refused_as_everywhere(app: App) -> None:
    where, stored = app.new_conversation(), []
    for case in TEXTS:
        got = app.send(app.new_conversation() if not case.code else where, case.text)
        if case.code:
            assert_problem(got, 400, case.code)
        else:
            assert (case.name, got.status_code) == (case.name, 201)
            stored.append(got.json()["text"] == (case.stored or case.text.strip()))
    assert all(stored)
    for bad in STRINGS + JSON_ONLY:
        fields = {k: v for k, v in bad.fields.items() if k != "conversation"}
        if fields:
            assert_problem(
                app.send(where, **{"text": "I am sad."} | fields), 400, bad.code
            )
    assert app.ok("GET", f"conversations/{where}/messages/")["results"] == []


def test_reading_many_texts(app: App) -> None:
    texts = [f"I am so happy about number {n}." for n in range(256)]
    rows = app.ok("POST", "classify/", {"texts": texts})["results"]
    assert len(rows) == 256
    for (reading,) in rows:
        assert reading["classifier"] == "bert"
        assert abs(sum(reading["scores"].values()) - 1) < 1e-3
    time.sleep(256 / 6000 * 60 + 0.5)  # until the bucket of readings has room again
    one = app.ok("POST", "classify/", {"texts": texts[:1]})["results"][0][0]
    for label, score in one["scores"].items():
        assert abs(score - rows[0][0]["scores"][label]) < 0.01
    assert app.ok("GET", "conversations/")["results"] == []


def test_another_task_is_read_by_its_own_classifiers(app: App) -> None:
    """Articles may be longer than messages, and their labels are others."""
    offered = app.ok("GET", "classifiers/")
    if "news" not in {one["task"] for one in offered}:
        pytest.skip("bert-news is not trained yet")
    goal = "the striker scored twice and the coach praised the team after the final. "
    texts = [goal, goal * 400]
    rows = app.ok("POST", "classify/", {"texts": texts, "task": "news"})["results"]
    for (reading,) in rows:
        assert reading["classifier"] == "bert-news"
        assert reading["label"] == "sport"
        assert sorted(reading["scores"]) == sorted(TASKS["news"].labels)
        assert abs(sum(reading["scores"].values()) - 1) < 1e-3


def test_the_place_of_a_bad_text_is_named(app: App) -> None:
    answer = app.call("POST", "classify/", {"texts": ["a", "b", "x" * 4_001]})
    assert answer.json()["detail"] == "texts[2]: At most 4,000 characters, please."


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"texts": []}, "bad_request"),
        ({"texts": ["a"] * 257}, "bad_request"),
        ({"texts": "a"}, "bad_request"),
        ({"texts": ["a", " "]}, "empty"),
        ({"texts": ["a", "x" * 4_001]}, "too_long"),
        ({"texts": ["a"], "classifiers": ["oracle"]}, "unknown_classifier"),
        ({"texts": ["a"], "classifiers": []}, "unknown_classifier"),
        ({"texts": ["a"], "task": "weather"}, "bad_request"),
        ({"texts": ["a"], "task": ["news"]}, "bad_request"),
        (
            {"texts": ["a"], "task": "news", "classifiers": ["bert"]},
            "unknown_classifier",
        ),
        ({"texts": ["a"], "classifiers": ["bert-news"]}, "unknown_classifier"),
        ({"texts": ["a", "x" * 32_001], "task": "news"}, "too_long"),
        ({}, "bad_request"),
        ([], "bad_request"),
    ],
)
def test_other_batches_are_refused(app: App, body: object, code: str) -> None:
    assert_problem(app.call("POST", "classify/", body), 400, code)
