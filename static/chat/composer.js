// The message box: grows with its text, keeps a draft for each conversation, and knows
// when Enter means "send" and when it means something else.

import { storage } from "./storage.js";
import { show, write } from "./templates.js";
import { countPoints } from "./text.js";

const COUNTER_FROM = 0.8;
const MAX_LINES = 8;
const touch = matchMedia("(hover: none) and (pointer: coarse)");
const canSizeItself = CSS.supports("field-sizing", "content");

export class Composer {
  #form = document.getElementById("composer");
  #box = document.getElementById("text");
  #counter = document.getElementById("counter");
  #sendButton = document.getElementById("send");
  #stopButton = document.getElementById("stop");
  #error = this.#form.querySelector(".composer-error");
  #maxText;
  #draftKey = "";
  #canStop = false;
  #on;

  /** `on`: send(text), stop(). */
  constructor({ user, maxText, conversation, on }) {
    this.#maxText = maxText;
    this.#on = on;
    this.user = user;
    this.openDraft(conversation);
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#box.addEventListener("input", () => this.#edited());
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#stopButton.addEventListener("click", () => this.#stop());
    this.#edited();
  }

  /** Go over to a conversation's own draft; the server's text, if any, comes first. */
  openDraft(conversation) {
    this.#draftKey = `draft:${this.user}:${conversation ?? "new"}`;
    if (!this.#box.value) this.#box.value = storage.get(this.#draftKey) ?? "";
  }

  /** Whoever uses this browser next is not to read them. */
  forgetDrafts() {
    for (const key of storage.keys()) if (key.startsWith("draft:")) storage.remove(key);
  }

  fill(text) {
    this.#box.value = text;
    this.#edited();
    this.focus();
  }

  focus() {
    this.#box.focus();
  }

  focusUnlessTouch() {
    if (!touch.matches) this.#box.focus({ preventScroll: true });
  }

  setStoppable(canStop) {
    this.#canStop = canStop;
    this.#renderButtons();
  }

  complain(words) {
    write(this.#error, words);
    show(this.#error, Boolean(words));
  }

  #edited() {
    const { value } = this.#box;
    if (value) storage.set(this.#draftKey, value);
    else storage.remove(this.#draftKey);
    if (!canSizeItself) this.#grow();
    this.#renderCounter(countPoints(value.trim()));
    this.#renderButtons();
  }

  #grow() {
    this.#box.style.height = "auto";
    const line = parseFloat(getComputedStyle(this.#box).lineHeight);
    const height = Math.min(this.#box.scrollHeight, MAX_LINES * line + 16);
    this.#box.style.height = `${height}px`;
  }

  #renderCounter(length) {
    show(this.#counter, length >= COUNTER_FROM * this.#maxText);
    const words = `${length.toLocaleString("en")} / ${this.#maxText.toLocaleString("en")}`;
    write(this.#counter, words);
    this.#counter.toggleAttribute("data-over", length > this.#maxText);
  }

  /** Send and stop share one place: stop while a reply is written and nothing is. */
  #renderButtons() {
    const text = this.#box.value.trim();
    const isStop = this.#canStop && !text;
    const hadFocus = [this.#sendButton, this.#stopButton].includes(document.activeElement);
    show(this.#stopButton, isStop);
    show(this.#sendButton, !isStop);
    this.#sendButton.disabled = !text || countPoints(text) > this.#maxText;
    if (hadFocus && document.activeElement === document.body) this.focus();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || touch.matches) return;
    // Enter that ends an input method's composition chooses a word; it sends nothing.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!this.#sendButton.disabled) this.#form.requestSubmit(this.#sendButton);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#box.value.normalize("NFC").trim();
    if (!text || countPoints(text) > this.#maxText) return;
    this.complain("");
    this.#box.value = "";
    this.#edited();
    this.focus();
    this.#on.send(text);
  }

  #stop() {
    this.focus();
    this.#on.stop();
  }
}
