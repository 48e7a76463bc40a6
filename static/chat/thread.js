// The list of turns. Each <li> is made once, from the server's markup or a clone of it,
// and then only updated: typing, streaming and scrolling never rebuild the list.

import { renderEmotions } from "./emotion.js";
import { renderReply } from "./reply.js";
import { clone, show, write } from "./templates.js";

const OPEN = new Set(["pending", "running"]);
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export class Thread {
  #list;
  #items = new Map();
  #days = new Map();

  constructor(list) {
    this.#list = list;
    for (const item of list.querySelectorAll(".turn")) {
      this.#items.set(item.dataset.message, item);
    }
  }

  /** Show these turns, in this order, and no others. What stays is not moved. */
  render(turns) {
    const wanted = this.#nodesOf(turns);
    for (const child of [...this.#list.children]) {
      if (!wanted.has(child)) this.#remove(child);
    }
    let next = this.#list.firstElementChild;
    for (const node of wanted) {
      if (node === next) next = next.nextElementSibling;
      else this.#list.insertBefore(node, next);
    }
    for (const turn of turns) this.update(turn);
  }

  #nodesOf(turns) {
    const nodes = new Set();
    let last = "";
    for (const turn of turns) {
      const day = DAY.format(new Date(turn.created_at));
      if (day !== last) nodes.add(this.#dayOf(turn, day));
      last = day;
      nodes.add(this.#itemOf(turn));
    }
    return nodes;
  }

  #remove(child) {
    this.#items.delete(child.dataset.message);
    this.#days.delete(child.dataset.day);
    child.remove();
  }

  #dayOf(turn, words) {
    let item = this.#days.get(words);
    if (item) return item;
    item = clone("day");
    item.dataset.day = words;
    item.firstElementChild.dateTime = turn.created_at;
    item.firstElementChild.textContent = words;
    this.#days.set(words, item);
    return item;
  }

  /** Bring one turn's markup up to date; the turn must be on the list. */
  update(turn) {
    const item = this.#items.get(turn.id);
    if (!item) return;
    item.dataset.state = turn.state ?? "stored";
    write(item.querySelector(".bubble"), turn.text);
    item.querySelector(".bubble").title = TIME.format(new Date(turn.created_at));
    const isStored = turn.state === undefined;
    show(item.querySelector(".emotions"), isStored);
    if (isStored) renderEmotions(item.querySelector(".emotions"), turn);
    renderReply(item.querySelector(".reply"), turn, this.#waitWords(turn));
    renderState(item, turn);
  }

  itemOf(id) {
    return this.#items.get(id);
  }

  #itemOf(turn) {
    let item = this.#items.get(turn.id);
    if (item) return item;
    item = clone("turn");
    item.id = `turn-${turn.id}`;
    item.dataset.message = turn.id;
    item.dataset.new = "";
    this.#items.set(turn.id, item);
    return item;
  }

  #waitWords(turn) {
    if (turn.state === "sending") return "Sending…";
    if (turn.replies.some((reply) => reply.state === "running")) return "Writing a reply…";
    if (this.#isBehind(turn)) return "Waiting for the reply before this one…";
    return turn.classifications.length ? "Writing a reply…" : "Reading your message…";
  }

  /** Replies of one conversation are written one after the other. */
  #isBehind(turn) {
    for (const [id, item] of this.#items) {
      if (id === turn.id) return false;
      const reply = item.querySelector(".reply:not([hidden])");
      if (OPEN.has(reply?.dataset.state)) return true;
    }
    return false;
  }
}

const STATE_WORDS = {
  waiting: "Will be sent when the line is back",
  sending: "",
  failed: "Not sent",
};

function renderState(item, turn) {
  const words = item.querySelector(".message-state");
  write(words, turn.state === "waiting" && turn.error ? turn.error : STATE_WORDS[turn.state] ?? "");
  show(words, Boolean(words.textContent));
  const failed = item.querySelector(".message-failed");
  show(failed, turn.state === "failed");
  write(failed.querySelector(".error-text"), turn.error ?? "");
}

/** What the outbox holds, in the shape of a turn. */
export function unsentTurn(item) {
  const reply = { id: "", ordinal: 1, attempt: 0, state: "pending", text: "" };
  return {
    id: item.id,
    text: item.text,
    created_at: item.created_at,
    classifiers: item.classifiers ?? [],
    classifications: [],
    replies: item.state === "sending" ? [reply] : [],
    state: item.state,
    error: item.error,
  };
}
