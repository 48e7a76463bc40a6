// What can be done with a message or a reply in the thread: one listener for all.

import { announce } from "./a11y.js";
import { copyText } from "./clipboard.js";
import { LABELS } from "./emotion.js";
import { shownReply, turnPage } from "./reply.js";

const COPIED_MS = 1_500;
const EXPLAIN_MS = 40_000; // longer than the server takes
const OFFLINE = "No connection just now. Please try again.";

export class Actions {
  #view;
  #request;
  #outbox;
  #on;
  #explanation = null;

  /** `request(frame, withinMs?)` resolves with the answer; `on`: failed(words), takenBack(text). */
  constructor({ list, view, request, outbox, on }) {
    this.#view = view;
    this.#request = request;
    this.#outbox = outbox;
    this.#on = on;
    list.addEventListener("click", (event) => this.#clicked(event));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Take an explanation back; returns whether one was there. */
  clearExplanation() {
    return this.#explanation?.clear() ?? false;
  }

  async stop() {
    const reply = this.#view.conversation.openReply();
    if (reply) await this.#do({ type: "reply.stop", reply: reply.id });
  }

  #clicked(event) {
    const button = event.target.closest("[data-action], [data-correct]");
    if (!button) return;
    const id = button.closest(".turn").dataset.message;
    const turn = this.#view.conversation.turns.get(id);
    if (button.dataset.correct) this.#correct(button, id);
    else this[button.dataset.action]?.(id, turn, button);
  }

  /** 1 to 6 pick an emotion while the choice is open. */
  #key(event) {
    const choices = event.target.closest(".correct[open]");
    const label = LABELS[Number(event.key) - 1];
    if (!choices || !label || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choices.querySelector(`[data-correct="${label}"]`).click();
  }

  async #do(frame) {
    try {
      return await this.#request(frame);
    } catch (error) {
      this.#on.failed(error.message || OFFLINE);
      return null;
    }
  }

  async #correct(button, message) {
    const label = button.dataset.correct;
    const details = button.closest("details");
    if (!(await this.#do({ type: "emotion.correct", message, label }))) return;
    details.open = false;
    details.querySelector("summary").focus();
    announce(`Thank you. Noted as ${label}.`);
  }

  async copy(id, turn, button) {
    try {
      await copyText(shownReply(turn).text);
    } catch (error) {
      this.#on.failed(error.message);
      return;
    }
    announce("Copied.");
    const use = button.querySelector("use");
    use.setAttribute("href", "#icon-check");
    setTimeout(() => use.setAttribute("href", "#icon-copy"), COPIED_MS);
  }

  async explain(message, turn, from) {
    // Few ask: nobody else waits for it.
    const { Explain } = await import("./explain.js").catch(() => ({}));
    if (!Explain) return this.#on.failed(OFFLINE);
    const text = from.closest(".turn").querySelector(".bubble");
    const { classifier, label } = from.closest(".emotion").dataset;
    this.clearExplanation();
    this.#explanation = new Explain((wanted, signal) => {
      signal.onabort = () => this.#request({ type: "explain.cancel" }).catch(() => {});
      return this.#request({ type: "explain", message, ...wanted }, EXPLAIN_MS)
        .then((found) => (found.type === "explanation" ? found : null))
        .finally(() => (signal.onabort = null));
    });
    this.#explanation.open(text, { classifier, label, from });
  }

  async regenerate(id, turn, button) {
    button.disabled = true;
    const ack = await this.#do({ type: "reply.regenerate", message: id });
    if (ack) this.#view.conversation.addQueued(id, ack.reply);
    this.#view.render();
  }

  up(id, turn) {
    return this.#judge(turn, 1);
  }

  down(id, turn) {
    return this.#judge(turn, -1);
  }

  #judge(turn, value) {
    const { id: reply, feedback } = shownReply(turn);
    const given = feedback === value ? 0 : value;
    return this.#do({ type: "reply.feedback", reply, value: given });
  }

  older(id, turn) {
    this.#leaf(id, turn, -1);
  }

  newer(id, turn) {
    this.#leaf(id, turn, 1);
  }

  #leaf(id, turn, step) {
    turnPage(turn, step);
    this.#view.updateTurn(id);
    const at = turn.replies.indexOf(shownReply(turn)) + 1;
    announce(`Reply ${at} of ${turn.replies.length}.`);
  }

  retry(id) {
    this.#outbox.retry(id);
  }

  async discard(id) {
    const item = this.#outbox.items.find((one) => one.id === id);
    await this.#outbox.remove(id);
    this.#on.takenBack(item.text);
    this.#view.render();
  }
}
