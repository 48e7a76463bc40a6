-- What must hold in the database at any time, whatever was killed. Each row that comes
-- back is a violation. Parameters: acked, the message ids that a client has seen
-- acknowledged; grace_s, how long an open reply may wait beyond its time.

-- I1 Every acknowledged message is there, once.
SELECT 'I1' AS invariant, acked.id::text AS what, count(m.key) || ' rows of an acked message' AS detail
FROM (SELECT DISTINCT unnest(%(acked)s::uuid[]) AS id) acked
LEFT JOIN chat_message m ON m.id = acked.id
GROUP BY acked.id HAVING count(m.key) <> 1

UNION ALL -- I2 No reply runs past its deadline and lease ...
SELECT 'I2', id::text, 'runs since attempt ' || attempt || ' began, until ' || deadline_at
FROM chat_reply
WHERE state = 'running'
  AND greatest(deadline_at, lease_until) + make_interval(secs => %(grace_s)s) < now()

UNION ALL -- ... and none that could start is left waiting.
SELECT 'I2', r.id::text, 'waits since ' || greatest(r.lease_until, r.created_at, c.updated_at)
FROM chat_reply r JOIN chat_conversation c ON c.id = r.conversation_id
WHERE r.state = 'pending' AND c.deleted_at IS NULL
  AND greatest(r.lease_until, r.created_at, c.updated_at)
      + make_interval(secs => %(grace_s)s) < now()
  AND NOT EXISTS (
    SELECT FROM chat_reply first
    WHERE first.conversation_id = r.conversation_id
      AND (first.state = 'running' OR first.state = 'pending'
           AND (first.queued_seq, first.created_at) < (r.queued_seq, r.created_at)))

UNION ALL -- I3 Each message has exactly one reply of each ordinal, beginning with 1 ...
SELECT 'I3', m.id::text, count(r.id) || ' replies, ordinals ' || coalesce(string_agg(r.ordinal::text, ','), 'none')
FROM chat_message m LEFT JOIN chat_reply r ON r.message_id = m.key
GROUP BY m.key, m.id
HAVING count(r.id) = 0 OR count(r.id) <> count(DISTINCT r.ordinal) OR max(r.ordinal) <> count(r.id)

UNION ALL -- ... and an ended one says how it ended, an open one does not.
SELECT 'I3', id::text, state || ' with reason "' || finish_reason || '"'
FROM chat_reply
WHERE (finish_reason = '') <> (state IN ('pending', 'running'))
   OR (state = 'failed') <> (finish_reason = 'error')
   OR (state = 'stopped') <> (finish_reason = 'stopped')

UNION ALL -- I4 A conversation's seq is the number of its durable events: what is stored of
-- them is counted, and an attempt may have begun or not.
SELECT 'I4', c.id::text, 'last_seq ' || c.last_seq || ', events ' || e.at_least || ' to ' || e.at_most
FROM chat_conversation c
CROSS JOIN LATERAL (
  SELECT stored + begun AS at_least, stored + attempts AS at_most
  FROM (
    SELECT
      (SELECT count(*) FROM chat_message m WHERE m.conversation_id = c.id)
      + (SELECT count(*) FROM chat_classification k JOIN chat_message m ON m.key = k.message_id
         WHERE m.conversation_id = c.id)
      + (SELECT count(*) FROM chat_reply r
         WHERE r.conversation_id = c.id AND r.finish_reason <> '') AS stored,
      (SELECT count(*) FROM chat_reply r
       WHERE r.conversation_id = c.id AND r.generator <> '') AS begun,
      (SELECT coalesce(sum(r.attempt), 0) FROM chat_reply r
       WHERE r.conversation_id = c.id) AS attempts
  ) counted
) e
WHERE NOT EXISTS ( -- corrections, thumbs and new choices leave no row an event
    SELECT FROM chat_correction x JOIN chat_message m ON m.key = x.message_id WHERE m.conversation_id = c.id)
  AND NOT EXISTS (
    SELECT FROM chat_feedback x JOIN chat_reply r ON r.id = x.reply_id WHERE r.conversation_id = c.id)
  AND c.last_seq NOT BETWEEN e.at_least AND e.at_most

UNION ALL -- The latest event of a turn is its rev; the latest of all is the conversation's.
SELECT 'I4', c.id::text, 'last_seq ' || c.last_seq || ', highest rev ' || coalesce(max(m.rev), 0)
FROM chat_conversation c LEFT JOIN chat_message m ON m.conversation_id = c.id
GROUP BY c.id HAVING coalesce(max(m.rev), 0) > c.last_seq OR bool_or(m.rev < m.seq)

UNION ALL -- Two turns never share an event.
SELECT 'I4', conversation_id::text, 'rev ' || rev || ' of ' || count(*) || ' messages'
FROM chat_message GROUP BY conversation_id, rev HAVING count(*) > 1;
