"""Made-up conversations by the million, to measure what a full database does to lists.

Nobody wrote them and no model read them: texts are pairs of lines that we wrote for
training, scores are random. All belong to people with addresses under `made.invalid`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from inference.registry import EMOTION_LABELS
from inference.training.own_lines import own_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAIN = "made.invalid"
A_CONVERSATION = 20  # messages
A_PERSON = 5  # conversations
BATCH = 20_000  # messages
DAYS = 365
N_LINES_APART = 13

PEOPLE = """
INSERT INTO chat_user (email, password, display_name, avatar_url, is_superuser, is_staff,
                       is_active, date_joined, has_training_consent,
                       default_classifiers)
SELECT format('%%s-%%s@{domain}', %(batch)s, n), '!', 'Made up', '', false, false, true,
       now(), random() < 0.2, '{{}}'
FROM generate_series(1, %(people)s) n"""

CONVERSATIONS = """
INSERT INTO chat_conversation (id, user_id, title, classifiers, last_seq,
                               created_at, updated_at)
SELECT gen_random_uuid(), u.id, 'Made up',
       CASE WHEN random() < 0.25 THEN '{{bert,roberta}}'::varchar[]
            ELSE '{{bert}}'::varchar[] END,
       {a_conversation}, t.at, t.at + interval '1 hour'
FROM chat_user u, generate_series(1, {a_person}) n,
     LATERAL (SELECT %(start)s::timestamptz + random() * %(span)s::interval AS at
              WHERE u.id IS NOT NULL AND n > 0) t
WHERE u.email LIKE %(of_batch)s"""

MESSAGES = """
INSERT INTO chat_message (id, user_id, conversation_id, seq, rev, text, classifiers,
                          created_at)
SELECT gen_random_uuid(), v.user_id, v.id, n, n,
       (%(lines)s::text[])[1 + floor(random() * %(n_lines)s)] || ' ' ||
       (%(lines)s::text[])[1 + floor(random() * %(n_lines)s)],
       v.classifiers, v.created_at + n * interval '3 minutes'
FROM chat_conversation v JOIN chat_user u ON u.id = v.user_id,
     generate_series(1, {a_conversation}) n
WHERE u.email LIKE %(of_batch)s
ORDER BY v.created_at, n"""

# To the sixth power, so that one label stands out in most messages, as it does in real ones.
READINGS = """
INSERT INTO chat_classification (message_id, classifier, label, scores, model_version,
                                 duration_ms)
SELECT m.key, c.name, s.label, s.scores, 'made-up', 5 + floor(random() * 20)
FROM chat_message m, unnest(m.classifiers) c(name), LATERAL (
    SELECT (array_agg(l ORDER BY p DESC))[1] AS label,
           jsonb_object_agg(l, p / total) AS scores
    FROM (SELECT l, p, sum(p) OVER () AS total
          FROM (SELECT l, power(random(), 6) AS p
                FROM unnest(%(labels)s::text[]) l WHERE m.key > 0 AND c.name <> '') one) drawn
) s
WHERE m.key > %(key)s AND m.user_id IN {of_batch}"""

REPLIES = """
INSERT INTO chat_reply (id, message_id, conversation_id, ordinal, queued_seq, attempt,
                        state, generator, seed, text, finish_reason, error_code,
                        first_token_ms, duration_ms, created_at)
SELECT gen_random_uuid(), m.key, m.conversation_id, 1, m.seq, 1,
       CASE WHEN r < 0.01 THEN 'failed' ELSE 'done' END, 'made-up', 1, 'Made up.',
       CASE WHEN r < 0.01 THEN 'error' ELSE 'stop' END,
       CASE WHEN r < 0.01 THEN 'internal' ELSE '' END,
       CASE WHEN r >= 0.01 THEN 80 + floor(400 * r * r) END, 900, m.created_at
FROM (SELECT *, random() AS r FROM chat_message
      WHERE key > %(key)s AND user_id IN {of_batch}) m"""

CORRECTIONS = """
INSERT INTO chat_correction (message_id, user_id, label)
SELECT key, user_id, (%(labels)s::text[])[1 + floor(random() * 6)]
FROM chat_message
WHERE key > %(key)s AND user_id IN {of_batch} AND random() < 0.02"""

FEEDBACK = """
INSERT INTO chat_feedback (reply_id, value, note)
SELECT r.id, CASE WHEN random() < 0.7 THEN 1 ELSE -1 END, ''
FROM chat_reply r JOIN chat_message m ON m.key = r.message_id
WHERE m.key > %(key)s AND m.user_id IN {of_batch} AND random() < 0.05"""

OF_BATCH = "(SELECT id FROM chat_user WHERE email LIKE %(of_batch)s)"
MADE = "(SELECT id FROM chat_user WHERE email LIKE '%%@{domain}')"
OF_MADE = "(SELECT key FROM chat_message WHERE user_id IN {made})"
GONE = (
    "DELETE FROM chat_feedback WHERE reply_id IN"
    " (SELECT id FROM chat_reply WHERE message_id IN {of_made})",
    "DELETE FROM chat_reply WHERE message_id IN {of_made}",
    "DELETE FROM chat_correction WHERE message_id IN {of_made}",
    "DELETE FROM chat_classification WHERE message_id IN {of_made}",
    "DELETE FROM chat_candidate WHERE message_id IN {of_made}",
    "DELETE FROM chat_review WHERE message_id IN {of_made}",
    "DELETE FROM chat_message WHERE user_id IN {made}",
    "DELETE FROM chat_triage WHERE conversation_id IN"
    " (SELECT id FROM chat_conversation WHERE user_id IN {made})",
    "DELETE FROM chat_conversation WHERE user_id IN {made}",
    "DELETE FROM chat_user WHERE id IN {made}",
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one part of the year, from `start` (0 to 1) and `share` of it long."""

    number: int
    start: float
    share: float
    n_messages: int

    def values(self, key: int) -> dict[str, Any]:
        # Postgres walks an array to its nth text, so not all of them.
        lines = [row.text for row in own_lines(EMOTION_LABELS)][::N_LINES_APART]
        return {
            "key": key,
            "batch": self.number,
            "of_batch": f"{self.number}-%@{DOMAIN}",
            "people": -(-self.n_messages // (A_CONVERSATION * A_PERSON)),
            "start": _ago(DAYS * (1 - self.start)),
            "span": f"{DAYS * self.share} days",
            "lines": lines,
            "n_lines": len(lines),
            "labels": list(EMOTION_LABELS),
        }


def make_messages(n: int) -> Iterator[int]:
    """Make about n messages more, with all of theirs; yields how many are made."""
    n_batches = -(-n // BATCH)
    first, made = _n_batches_there(), 0
    for place in range(n_batches):
        n_messages = min(BATCH, n - place * BATCH)
        made += _make(
            Batch(first + place, place / n_batches, 1 / n_batches, n_messages)
        )
        yield made


def _n_batches_there() -> int:
    of_made = (
        "SELECT coalesce(max(split_part(email, '-', 1)::int) + 1, 0) FROM chat_user"
    )
    with connection.cursor() as cursor:
        cursor.execute(of_made + " WHERE email LIKE %s", [f"%-%@{DOMAIN}"])
        return int(cursor.fetchone()[0])


def remove_made_up() -> None:
    """Take all of it out again."""
    made = MADE.format(domain=DOMAIN)
    of_made = OF_MADE.format(made=made)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for rows in GONE:
            cursor.execute(rows.format(made=made, of_made=of_made), [])


@transaction.atomic
def _make(batch: Batch) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT coalesce(max(key), 0) FROM chat_message")
        values = batch.values(cursor.fetchone()[0])
        names = {
            "domain": DOMAIN,
            "a_conversation": A_CONVERSATION,
            "a_person": A_PERSON,
            "of_batch": OF_BATCH,
        }
        for statement in (PEOPLE, CONVERSATIONS, MESSAGES):
            cursor.execute(statement.format(**names), values)
        n: int = cursor.rowcount
        for statement in (READINGS, REPLIES, CORRECTIONS, FEEDBACK):
            cursor.execute(statement.format(**names), values)
        return n


def _ago(days: float) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (now() - %s * interval '1 day')::text", [days])
        return str(cursor.fetchone()[0])
