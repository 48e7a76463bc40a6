"""What a person sees of one conversation, built from frames as docs/websocket.md asks.

Whatever breaks a promise of the protocol is kept in `complaints`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]
ENDED = ("done", "stopped", "failed")


@dataclass
class ShownReply:
    """One reply on the page."""

    text: str = ""
    attempt: int = 0
    state: str = "pending"
    reason: str = ""
    n_finished: int = 0
    n_deltas: int = 0
    started_s: float = 0.0
    ended_s: float = 0.0

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_streaming(self) -> bool:
        return self.n_deltas > 0 and not self.has_ended


@dataclass
class ShownConversation:
    """The thread: its replies by id, the last seq, and whether it must be read again."""

    seq: int = 0
    replies: dict[str, ShownReply] = field(default_factory=dict)
    reply_of: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    must_heal: bool = False
    n_gaps: int = 0

    def apply(self, frame: Frame) -> None:
        if "seq" in frame:
            self._count(frame)
        handler = getattr(self, "_" + frame["type"].replace(".", "_"), None)
        if handler:
            handler(frame)

    def _count(self, frame: Frame) -> None:
        if frame["seq"] != self.seq + 1:
            self._complain(
                "I4", f"seq {frame['seq']} of {frame['type']} after {self.seq}"
            )
        self.seq = max(self.seq, frame["seq"])

    def apply_snapshot(self, frame: Frame) -> None:
        if frame["seq"] < self.seq:
            self._complain("I4", f"a snapshot of {frame['seq']} after {self.seq}")
        self.seq = max(self.seq, frame["seq"])
        self.must_heal = False
        for turn in frame["messages"]:
            for reply in turn["replies"]:
                self._take_stored(turn["id"], reply)
        if live := frame.get("live"):
            shown = self._shown(live["reply"])
            if live["attempt"] >= shown.attempt and not shown.has_ended:
                shown.attempt, shown.text = live["attempt"], live["text"]

    def _take_stored(self, message: str, stored: Frame) -> None:
        self.reply_of[message] = stored["id"]
        shown = self._shown(stored["id"])
        if shown.has_ended and stored["state"] not in ENDED:
            self._complain("I3", f"reply {stored['id']} ended and is {stored['state']}")
        shown.attempt = stored["attempt"]
        if stored["state"] in ENDED:
            self._end(shown, stored["state"], stored["reason"], stored["text"])

    def _shown(self, reply: str) -> ShownReply:
        return self.replies.setdefault(reply, ShownReply())

    def _message_created(self, frame: Frame) -> None:
        for reply in frame["message"]["replies"]:
            self._take_stored(frame["message"]["id"], reply)

    def _reply_started(self, frame: Frame) -> None:
        shown = self._shown(frame["reply"])
        if shown.has_ended:
            self._complain("I3", f"reply {frame['reply']} started after its end")
        if frame["attempt"] > shown.attempt:
            shown.attempt, shown.text, shown.n_deltas = frame["attempt"], "", 0
            shown.started_s = time.monotonic()

    def _reply_delta(self, frame: Frame) -> None:
        shown = self._shown(frame["reply"])
        if shown.has_ended or frame["attempt"] < shown.attempt:
            return
        skip = len(shown.text) - frame["offset"]
        if skip < 0 or frame["attempt"] > shown.attempt:
            self.n_gaps += 1
            self.must_heal = True
            return
        # A snapshot may be ahead by several deltas that were on their way.
        said = shown.text[frame["offset"] :][: len(frame["text"])]
        if said != frame["text"][:skip]:
            what = f"{frame['text']!r} in place of {said!r} at {frame['offset']}"
            self._complain("I5", f"reply {frame['reply']}: {what}")
        shown.text += frame["text"][skip:]
        shown.n_deltas += 1

    def _reply_finished(self, frame: Frame) -> None:
        shown = self._shown(frame["reply"])
        shown.n_finished += 1
        if shown.n_finished > 1:
            self._complain("I3", f"reply {frame['reply']} finished twice")
        kept, streamed = frame["text"], shown.text
        # Of an attempt that died, the last second may be lost.
        is_cut = frame["reason"] == "error" and streamed.startswith(kept)
        if not is_cut and not kept.startswith(streamed):
            what = f"{streamed!r} streamed, {kept!r} is the end"
            self._complain("I5", f"reply {frame['reply']}: {what}")
        state = {"error": "failed", "stopped": "stopped"}.get(frame["reason"], "done")
        self._end(shown, state, frame["reason"], frame["text"])

    def _end(self, shown: ShownReply, state: str, reason: str, text: str) -> None:
        shown.ended_s = shown.ended_s or time.monotonic()
        shown.state, shown.reason, shown.text = state, reason, text

    def _complain(self, invariant: str, what: str) -> None:
        self.complaints.append(f"{invariant}: {what}")
