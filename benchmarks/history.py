"""Fill a database with history, a million messages within a minute or so."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = "history"


class Database(Protocol):
    """A cursor or a connection: whatever runs SQL."""

    def execute(self, sql: str, parameters: Sequence[Any] = ...) -> Any: ...


# Each turn has four durable events: created, classified, started, finished.
CONVERSATION = """
    INSERT INTO chat_conversation
        (id, user_id, title, classifiers, last_seq, created_at, updated_at)
    VALUES (%s, %s, 'A long talk', '{bert}', 4 * %s, now(), now())
"""
MESSAGES = """
    INSERT INTO chat_message
        (id, user_id, conversation_id, seq, rev, text, classifiers, created_at)
    SELECT gen_random_uuid(), %s, %s, 4 * n - 3, 4 * n,
        'Today was day ' || n || ' and I still do not know what to think of it all.',
        '{bert}', now() - make_interval(secs => 60 * (%s - n))
    FROM generate_series(1, %s) n
"""
REPLIES = """
    INSERT INTO chat_reply
        (id, message_id, conversation_id, ordinal, queued_seq, attempt, state, generator,
         seed, text, finish_reason, error_code, first_token_ms, duration_ms, created_at)
    SELECT gen_random_uuid(), key, conversation_id, 1, seq, 1, 'done', %s, key,
        'That sounds like a lot, day ' || seq || '. What is on your mind?', 'stop', '',
        100, 400, created_at
    FROM chat_message WHERE conversation_id = %s
"""
CLASSIFICATIONS = """
    INSERT INTO chat_classification
        (message_id, conversation_id, classifier, label, scores, model_version,
         duration_ms)
    SELECT key, conversation_id, 'bert', 'fear', '{"anger": 0.1, "fear": 0.9}', %s, 20
    FROM chat_message WHERE conversation_id = %s
"""


def add_conversation(database: Database, user_id: int, n_messages: int) -> str:
    """Make a conversation of n answered messages, as the product would have left it."""
    conversation = str(uuid.uuid4())
    database.execute(CONVERSATION, [conversation, user_id, n_messages])
    database.execute(MESSAGES, [user_id, conversation, n_messages, n_messages])
    database.execute(REPLIES, [MODEL, conversation])
    database.execute(CLASSIFICATIONS, [MODEL, conversation])
    return conversation


def fill(database: Database, user_id: int, n_messages: int, n_each: int) -> None:
    """Add so many messages, or a few more, in conversations of `n_each`."""
    for _ in range(max(0, -(-n_messages // n_each))):
        add_conversation(database, user_id, n_each)


def hurry(database: Database) -> None:
    """Look up no foreign keys in this session, which must be a superuser's.

    They are right by construction, and looking them up is what takes longest.
    """
    database.execute("SET session_replication_role = replica")


def settle(database: Database) -> None:
    """Let the planner know how many rows there are now, as autovacuum would in time."""
    for table in ("conversation", "message", "reply", "classification"):
        database.execute(f"ANALYZE chat_{table}")


def n_messages(database: Any) -> int:
    count: int = database.execute("SELECT count(*) FROM chat_message").fetchone()[0]
    return count


def tidy(database: Database) -> None:
    """Do now what autovacuum and the checkpointer would do while others are measured.

    Not within a transaction.
    """
    for table in ("conversation", "message", "reply", "classification"):
        database.execute(f"VACUUM (ANALYZE) chat_{table}")
    database.execute("CHECKPOINT")
