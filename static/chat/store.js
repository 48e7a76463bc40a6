// One conversation as its events leave it. Knows no page and no socket: frames go in,
// turns come out. Durable events are contiguous by `seq`, deltas by `offset`; `apply`
// says "gap" where something is missing, and the caller then subscribes again.

import { countPoints, dropPoints } from "./text.js";

const OPEN = new Set(["pending", "running"]);
const STATES = { stopped: "stopped", error: "failed" };

export const isOpen = (reply) => OPEN.has(reply.state);

export class Conversation {
  constructor(snapshot) {
    this.id = null;
    this.title = "";
    this.classifiers = [];
    this.seq = 0;
    this.turns = new Map();
    if (snapshot) this.apply({ type: "snapshot", ...snapshot });
  }

  /** Return "applied", "gap", or "ignored" (old, or of a type we do not know). */
  apply(frame) {
    const handler = HANDLERS[frame.type];
    if (!handler) return "ignored";
    if (frame.type === "snapshot" || frame.type === "reply.delta") {
      return handler.call(this, frame);
    }
    if (frame.seq !== undefined) {
      if (frame.seq <= this.seq) return "ignored";
      if (frame.seq > this.seq + 1) return "gap";
    }
    const outcome = handler.call(this, frame) ?? "applied";
    if (outcome === "applied" && frame.seq !== undefined) this.seq = frame.seq;
    return outcome;
  }

  inOrder() {
    return [...this.turns.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Turns from before the first that we have. */
  addEarlier(turns) {
    for (const turn of turns) if (!this.turns.has(turn.id)) this.turns.set(turn.id, turn);
  }

  /** The seq before which there are more turns, or 0: the first message's is 1. */
  earlierThan() {
    const first = this.inOrder()[0]?.seq ?? 1;
    return first > 1 ? first : 0;
  }

  findReply(id) {
    for (const turn of this.turns.values()) {
      const reply = turn.replies.find((one) => one.id === id);
      if (reply) return [turn, reply];
    }
    return [];
  }

  /** The reply that runs, else the first that waits. */
  openReply() {
    const open = this.inOrder().flatMap((turn) => turn.replies.filter(isOpen));
    return open.find((reply) => reply.state === "running") ?? open[0];
  }

  /** A message just acknowledged: its `message.created` is on its way. */
  addAccepted(item, ack) {
    if (this.turns.has(ack.message)) return;
    this.turns.set(ack.message, {
      id: ack.message,
      seq: ack.seq,
      rev: ack.seq,
      text: item.text,
      created_at: item.created_at,
      classifiers: item.classifiers ?? this.classifiers,
      classifications: [],
      replies: [pendingReply(ack.reply, 1)],
    });
  }

  /** A reply just queued by *regenerate*; its first event will be `reply.started`. */
  addQueued(messageId, replyId) {
    const turn = this.turns.get(messageId);
    if (!turn || turn.replies.some((reply) => reply.id === replyId)) return;
    turn.replies.push(pendingReply(replyId, turn.replies.length + 1));
  }
}

// Each runs with `this` as the conversation.
const HANDLERS = {
  snapshot(frame) {
    // One that was read before events which have overtaken it has nothing new.
    if (frame.conversation.id === this.id && frame.seq < this.seq) return "ignored";
    const known = this.turns;
    if (frame.reset) this.turns = new Map();
    this.id = frame.conversation.id;
    this.title = frame.conversation.title;
    this.classifiers = frame.conversation.classifiers;
    for (const turn of frame.messages) {
      this.turns.set(turn.id, merged(known.get(turn.id), turn));
    }
    this.seq = frame.seq;
    if (frame.live) takeLive(this, frame.live);
    return "applied";
  },

  "message.created"(frame) {
    const turn = frame.message;
    this.turns.set(turn.id, merged(this.turns.get(turn.id), turn));
  },

  "message.classified"({ message, classifier, label, scores, model_version, duration_ms }) {
    const turn = this.turns.get(message);
    if (!turn) return;
    const others = turn.classifications.filter((one) => one.classifier !== classifier);
    const reading = { classifier, label, scores, model_version, duration_ms };
    turn.classifications = [...others, reading];
  },

  "message.corrected"({ message, label }) {
    const turn = this.turns.get(message);
    if (turn) turn.correction = label;
  },

  "reply.started"({ message, reply: id, ordinal, attempt }) {
    const turn = this.turns.get(message);
    if (!turn) return;
    let reply = turn.replies.find((one) => one.id === id);
    if (!reply) {
      reply = pendingReply(id, ordinal);
      turn.replies.push(reply);
      turn.replies.sort((a, b) => a.ordinal - b.ordinal);
    }
    if (attempt === reply.attempt && reply.state === "running") return;
    Object.assign(reply, { state: "running", attempt, text: "" });
  },

  "reply.delta"({ reply: id, attempt, offset, text }) {
    const [, reply] = this.findReply(id);
    if (!reply) return "gap";
    if (!isOpen(reply) || attempt < reply.attempt) return "ignored";
    if (attempt > reply.attempt) {
      if (offset > 0) return "gap";
      Object.assign(reply, { attempt, text: "" });
    }
    const length = countPoints(reply.text);
    if (offset > length) return "gap";
    const rest = dropPoints(text, length - offset);
    if (!rest) return "ignored";
    reply.state = "running";
    reply.text += rest;
    return "applied";
  },

  "reply.finished"({ message, reply: id, reason, error_code, text, care }) {
    const turn = this.turns.get(message);
    if (!turn) return;
    let reply = turn.replies.find((one) => one.id === id);
    if (!reply) turn.replies.push((reply = pendingReply(id, turn.replies.length + 1)));
    Object.assign(reply, { state: STATES[reason] ?? "done", reason, error_code, text, care });
  },

  "reply.feedback"({ reply: id, value }) {
    const [, reply] = this.findReply(id);
    if (reply) reply.feedback = value;
  },

  "conversation.updated"({ title, classifiers }) {
    this.title = title;
    this.classifiers = classifiers;
  },
};

function takeLive(conversation, { reply: id, attempt, text }) {
  const [, reply] = conversation.findReply(id);
  if (!reply || attempt < reply.attempt) return;
  const isFurther = attempt > reply.attempt || text.length >= reply.text.length;
  Object.assign(reply, { attempt, state: "running" }, isFurther ? { text } : {});
}

function pendingReply(id, ordinal) {
  return { id, ordinal, attempt: 0, state: "pending", text: "" };
}

/** The server's turn, but never with less of a running reply than we already show. */
function merged(known, turn) {
  for (const reply of turn.replies) {
    const shown = known?.replies.find((one) => one.id === reply.id);
    if (!shown || shown.attempt !== reply.attempt || !isOpen(reply)) continue;
    if (isOpen(shown) && shown.text.length > reply.text.length) reply.text = shown.text;
  }
  return turn;
}
