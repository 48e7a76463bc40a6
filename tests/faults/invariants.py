"""The invariants that every fault test ends with: invariants.sql, and what pages showed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

    from tests.faults.page import Page
    from tests.server import LiveServer

SQL = Path(__file__).with_suffix(".sql").read_text()
GRACE_S = 15.0
STORED = """
    SELECT m.id, r.text, r.state FROM chat_message m
    JOIN chat_reply r ON r.message_id = m.key WHERE m.id = ANY(%s)
"""


def violations(server: LiveServer, pages: Sequence[Page]) -> list[str]:
    """Return what is wrong, in words; empty where all is well."""
    acked = [sent.id for page in pages for sent in page.sent.values() if sent.ack]
    with server.database() as database:
        found = in_database(database, acked)
        found += _shown_otherwise(database, pages)
    for page in pages:
        found += page.complaints
    log = server.log.read_bytes()[min(page.log_start for page in pages) :]
    return found + in_log(log.decode(errors="replace"))


def in_database(
    database: psycopg.Connection, acked: Iterable[str] = (), grace_s: float = GRACE_S
) -> list[str]:
    rows = database.execute(SQL, {"acked": list(acked), "grace_s": grace_s}).fetchall()
    return [f"{invariant}: {what}: {detail}" for invariant, what, detail in rows]


def _shown_otherwise(database: psycopg.Connection, pages: Sequence[Page]) -> list[str]:
    """I5: what a page shows of an ended reply is what is stored of it."""
    found = []
    for page in pages:
        rows = database.execute(STORED, [list(page.sent)]).fetchall()
        stored = {str(message): (text, state) for message, text, state in rows}
        for sent in page.sent.values():
            shown = page.reply_to(sent)
            is_shown = (shown.text, shown.state) if shown else None
            if sent.ack and is_shown != stored.get(sent.id):
                found.append(
                    f"I5: message {sent.id}: shown {is_shown}, stored {stored.get(sent.id)}"
                )
    return found


def in_log(log: str) -> list[str]:
    """I6: no log says what somebody wrote; and nothing went wrong unforeseen."""
    found = ["I6: the log holds what somebody wrote"] if "CANARY-" in log else []
    n_tracebacks = log.count("Traceback (most recent call last)")
    return found + ([f"{n_tracebacks} tracebacks in the log"] if n_tracebacks else [])
