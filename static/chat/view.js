// The open conversation on the page: applies each frame to the store, shows what changed,
// says what is worth saying, and asks again where something is missing.

import { announce, announceReply } from "./a11y.js";
import { spoken, titleOf } from "./emotion.js";
import { Conversation, isOpen } from "./store.js";
import { Thread, unsentTurn } from "./thread.js";
import { show, write } from "./templates.js";

const AGAIN_MS = 700;

export class View {
  #thread = new Thread(document.getElementById("turns"));
  #main = document.getElementById("main");
  #title = document.getElementById("title");
  #earlier = document.getElementById("earlier");
  #healTimer = 0;
  #lastHeal = 0;
  #on;
  follow = null;

  /** `on`: unsent() items of the outbox; subscribe(); changed(); failed(words). */
  constructor(snapshot, on) {
    this.conversation = new Conversation(snapshot);
    this.#on = on;
    this.#earlier.addEventListener("click", (event) => {
      event.preventDefault();
      this.loadEarlier().catch(() => on.failed("They could not be fetched just now."));
    });
  }

  take(frame) {
    const outcome = this.conversation.apply(frame);
    if (outcome === "gap") this.heal();
    if (outcome === "applied") this.#show(frame);
  }

  /** Subscribe again, soon, but not over and over. */
  heal() {
    if (this.#healTimer) return;
    const wait = Math.max(0, this.#lastHeal + AGAIN_MS - Date.now());
    this.#healTimer = setTimeout(() => {
      this.#healTimer = 0;
      this.#lastHeal = Date.now();
      this.#on.subscribe();
    }, wait);
  }

  render() {
    const { conversation } = this;
    const unsent = this.#on.unsent().filter((item) => !conversation.turns.has(item.id));
    const turns = [...conversation.inOrder(), ...unsent.map(unsentTurn)];
    this.#main.toggleAttribute("data-empty", turns.length === 0);
    this.#thread.render(turns);
    if (conversation.id) {
      write(this.#title, conversation.title || "New conversation");
      document.title = `${conversation.title || "New conversation"} · emochat`;
    }
    const before = conversation.earlierThan();
    if (before) this.#earlier.href = `/c/${conversation.id}/?before=${before}`;
    show(this.#earlier.parentElement, before > 0);
    this.#on.changed();
  }

  updateTurn(id) {
    const turn = this.conversation.turns.get(id);
    if (turn) this.#thread.update(turn);
  }

  /** The page of earlier turns is fetched as it is and its data taken in. */
  async loadEarlier() {
    const answer = await fetch(this.#earlier.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const { snapshot } = JSON.parse(page.getElementById("page-data").textContent);
    this.conversation.addEarlier(snapshot.messages);
    this.follow.keepPlace(() => this.render());
  }

  #show(frame) {
    const { type } = frame;
    if (type === "reply.delta") {
      this.updateTurn(this.conversation.findReply(frame.reply)[0]?.id);
    } else if (type === "message.classified" || type === "message.corrected") {
      this.updateTurn(frame.message);
    } else {
      this.render();
    }
    if (type !== "conversation.updated") this.follow?.nudge();
    this.#say(frame);
  }

  #say(frame) {
    if (frame.type === "message.classified") {
      const { classifiers, replies } = this.conversation.turns.get(frame.message) ?? {};
      if (replies?.some((reply) => reply.care)) return;
      const who = classifiers?.length > 1 ? `${titleOf(frame.classifier)}: ` : "Read as ";
      announce(`${who}${spoken(frame)}.`);
    } else if (frame.type === "reply.started") announce("Reply started.");
    else if (frame.type === "reply.finished") announceReply(frame);
  }

  hasOpenReply() {
    return [...this.conversation.turns.values()].some((turn) => turn.replies.some(isOpen));
  }
}
