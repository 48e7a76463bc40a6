// The safety card: the server renders it and says how it stands. A reply of care opens it,
// the shield opens it at any time, "I am safe for now" leaves a small line of it.

import { announce } from "./a11y.js";

export class SafetyCard {
  #card = document.getElementById("care");
  #fold = this.#card.querySelector(".care-fold");
  #form = this.#card.querySelector("form");
  #known = new Set(); // replies that have opened it: once closed, it stays closed

  constructor() {
    document.getElementById("care-open").addEventListener("click", (event) => {
      event.preventDefault();
      this.#open();
      this.#fold.querySelector("summary").focus();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#safe();
    });
  }

  setPath(path) {
    this.#form.action = `${path}safe/`;
  }

  /** What the page was rendered with opens nothing: the server has decided on that. */
  know(snapshot) {
    for (const { id } of repliesOf({ type: "snapshot", ...snapshot })) this.#known.add(id);
  }

  take(frame) {
    for (const { id, care } of repliesOf(frame)) {
      if (!care || this.#known.has(id)) continue;
      this.#known.add(id);
      if (care === "lowered") this.#close();
      else this.#raise();
    }
  }

  #raise() {
    this.#card.dataset.level = "high";
    this.#open();
    announce("Help is shown above the conversation.");
  }

  #open() {
    this.#card.hidden = false;
    this.#fold.open = true;
  }

  #close() {
    this.#card.dataset.level = "lowered";
    this.#fold.open = false;
  }

  async #safe() {
    const body = new FormData(this.#form);
    const answer = await fetch(this.#form.action, { method: "POST", body }).catch(() => null);
    if (!answer?.ok) {
      announce("That could not be kept just now. Please try again.");
      return;
    }
    this.#close();
    this.#fold.querySelector("summary").focus();
    announce("Thank you. The help stays here as a small line.");
  }
}

function repliesOf(frame) {
  if (frame.type === "snapshot") return (frame.messages ?? []).flatMap((turn) => turn.replies);
  if (frame.type === "message.created") return frame.message.replies;
  return frame.type === "reply.finished" ? [{ id: frame.reply, care: frame.care }] : [];
}
