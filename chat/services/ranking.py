"""How much a label would teach: which messages the review queue shows first.

teaches = entropy + disagreement + correction, each from 0 to 1:
- entropy of the scores, as a share of what six equal scores have, averaged over the
  message's classifiers (uncertainty sampling);
- disagreement: 1 - the share of its classifiers that say the most frequent label
  (query by committee), times 2, since a pair in two minds is as split as it gets;
- correction: 1 where the person says that the first classifier is wrong.
How rare a class is changes with every review, so the queue adds that when it is read.
Source: Settles, "Active Learning Literature Survey" (2009), sections 3.1 and 3.2,
https://burrsettles.com/pub/settles.activelearning.pdf
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Max, Min

from chat.models import Candidate, Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any
    from uuid import UUID

    from chat.models import User

CHUNK = 20_000

# One statement for one message and for a million: nothing is ever ranked by two rules.
RANK = """
INSERT INTO chat_candidate
    (message_id, label, entropy, disagreement, is_corrected, teaches)
SELECT key, label, entropy, disagreement, is_corrected,
       entropy + disagreement + is_corrected::int
FROM (
    SELECT m.key,
           max(c.label) FILTER (WHERE c.classifier = m.classifiers[1]) AS label,
           avg(h.entropy) AS entropy,
           least(1, 2 * (1 - max(h.n_same)::float / count(*))) AS disagreement,
           bool_or(coalesce(fix.label <> c.label, false))
               FILTER (WHERE c.classifier = m.classifiers[1]) AS is_corrected
    FROM chat_message m
    JOIN chat_user u ON u.id = m.user_id AND u.has_training_consent AND u.is_active
    JOIN chat_conversation v ON v.id = m.conversation_id AND v.deleted_at IS NULL
    JOIN chat_classification c ON c.message_id = m.key
    LEFT JOIN chat_correction fix
        ON fix.message_id = m.key AND fix.user_id = m.user_id
    CROSS JOIN LATERAL (
        SELECT coalesce(-sum(p * ln(p)) FILTER (WHERE p > 0), 0)
                   / ln(greatest(count(*), 2)) AS entropy,
               (SELECT count(*) FROM chat_classification same
                WHERE same.message_id = m.key AND same.label = c.label) AS n_same
        FROM (SELECT value::float AS p FROM jsonb_each_text(c.scores)) AS scores
    ) h
    WHERE {which}
    GROUP BY m.key
) ranked
WHERE label IS NOT NULL
ON CONFLICT (message_id) DO UPDATE SET
    label = excluded.label, entropy = excluded.entropy,
    disagreement = excluded.disagreement, is_corrected = excluded.is_corrected,
    teaches = excluded.teaches
"""


def rank_message(*, user_id: int, message_id: UUID) -> None:
    """Rank one message, if its person consented; one short statement."""
    _rank("m.user_id = %s AND m.id = %s", [user_id, message_id])


@transaction.atomic
def rank_person(user: User) -> int:
    """Rank all that the person has written; returns how many messages."""
    _take_time()
    return _rank("m.user_id = %s", [user.pk])


def rank_all() -> Iterator[int]:
    """Rank every message, a chunk at a time; yields how many each chunk had."""
    ends = Message.objects.aggregate(first=Min("key"), last=Max("key"))
    if ends["first"] is None:
        return
    for start in range(ends["first"], ends["last"] + 1, CHUNK):
        with transaction.atomic():
            _take_time()
            n = _rank("m.key >= %s AND m.key < %s", [start, start + CHUNK])
        yield n


def forget_person(user: User) -> None:
    """Take the person's messages out of the queue."""
    Candidate.objects.filter(message__user=user).delete()


def _take_time() -> None:
    """Let this transaction's statements last longer than a request's may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")


def _rank(which: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        # `which` is one of the three above, and the values are parameters.
        cursor.execute(RANK.format(which=which), values)
        n_ranked: int = cursor.rowcount
        return n_ranked
