// One reply under a message: the wait, the words as they arrive, how it ended, and what
// can be done with it. Earlier replies to the same message are reached by ‹ and ›.

import { reveal } from "./reveal.js";
import { isOpen } from "./store.js";
import { show, write } from "./templates.js";

const chosen = new Map(); // message id -> id of the reply that the person went back to
let notes = {};

export function configure(data) {
  notes = data.notes;
}

/** The reply on show: the one gone back to, until a newer one is being written. */
export function shownReply(turn) {
  const last = turn.replies.at(-1);
  if (!last || isOpen(last)) chosen.delete(turn.id);
  return turn.replies.find((reply) => reply.id === chosen.get(turn.id)) ?? last;
}

export function turnPage(turn, step) {
  const at = turn.replies.indexOf(shownReply(turn)) + step;
  if (turn.replies[at]) chosen.set(turn.id, turn.replies[at].id);
}

export function renderReply(element, turn, waitWords) {
  const reply = shownReply(turn);
  show(element, Boolean(reply));
  if (!reply) return;
  const wasOpen = isOpen(element.dataset) && element.dataset.reply === reply.id;
  const isAtOnce = !wasOpen || reply.state === "stopped";
  const again = () => renderReply(element, turn, waitWords);
  const isBehind = reveal(element.querySelector(".reply-text"), reply.text, isAtOnce, again);
  element.dataset.reply = reply.id;
  element.toggleAttribute("data-care", Boolean(reply.care));
  element.dataset.state = isBehind ? "running" : reply.state;
  show(element.querySelector(".reply-wait"), isOpen(reply) && !reply.text);
  write(element.querySelector(".reply-wait-words"), waitWords);
  const note = element.querySelector(".reply-note");
  write(note, notes[reply.reason] ?? "");
  show(note, Boolean(note.textContent) && !isBehind);
  const actions = element.querySelector(".reply-actions");
  show(actions, !isOpen(reply) && !isBehind);
  renderActions(actions, turn, reply);
}

function renderActions(actions, turn, reply) {
  const button = (name) => actions.querySelector(`[data-action="${name}"]`);
  show(button("copy"), Boolean(reply.text));
  show(button("up"), Boolean(reply.text));
  show(button("down"), Boolean(reply.text));
  button("up").setAttribute("aria-pressed", String(reply.feedback === 1));
  button("down").setAttribute("aria-pressed", String(reply.feedback === -1));
  button("regenerate").disabled = turn.replies.some(isOpen);
  const at = turn.replies.indexOf(reply);
  const count = actions.querySelector(".versions-count");
  show(actions.querySelector(".versions"), turn.replies.length > 1);
  write(count, `${at + 1}/${turn.replies.length}`);
  button("older").disabled = at === 0;
  button("newer").disabled = at === turn.replies.length - 1;
}
