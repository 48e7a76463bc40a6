// A deleted conversation can be brought back for a minute, also after going elsewhere.

import { announce } from "./a11y.js";
import { call } from "./rest.js";
import { storage } from "./storage.js";
import { write } from "./templates.js";

const UNDO_MS = 60_000;
const KEY = "undo";

export class Undo {
  #toast = document.getElementById("toast");
  #timer = 0;
  #on;

  /** `on`: restored(conversation), failed(words). */
  constructor(on) {
    this.#on = on;
    this.#toast.querySelector("button").addEventListener("click", () => this.#restore());
    const left = JSON.parse(storage.get(KEY) ?? "null");
    if (left && left.until > Date.now()) this.#show(left);
  }

  /** `returnTo` is where an undo leads: to the conversation, if it was on the page. */
  offer({ id, title }, returnTo = "") {
    const left = { id, title, returnTo, until: Date.now() + UNDO_MS };
    storage.set(KEY, JSON.stringify(left));
    this.#show(left);
    this.#toast.querySelector("button").focus();
  }

  #show(left) {
    write(this.#toast.querySelector(".toast-words"), `Deleted “${left.title}”.`);
    this.#toast.hidden = false;
    announce(`Deleted “${left.title}”. You can undo this for a minute.`);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hide(), left.until - Date.now());
  }

  #hide() {
    clearTimeout(this.#timer);
    storage.remove(KEY);
    this.#toast.hidden = true;
  }

  async #restore() {
    const left = JSON.parse(storage.get(KEY) ?? "null");
    this.#hide();
    if (!left) return;
    try {
      const conversation = await call("POST", `conversations/${left.id}/restore/`);
      announce("It is back.");
      this.#on.restored(conversation ?? left, left.returnTo);
    } catch (error) {
      this.#on.failed(error.message);
    }
  }
}
