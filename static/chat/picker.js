// Which classifiers read this conversation: one to five. The choice belongs to the
// conversation and is kept with it by the server.

import { call } from "./rest.js";
import { write } from "./templates.js";

export class Picker {
  #menu = document.getElementById("picker");
  #boxes = [...this.#menu.querySelectorAll("input")];
  #max;
  #on;

  /** `on`: conversation() the id or null; failed(words). */
  constructor(max, on) {
    this.#max = max;
    this.#on = on;
    this.#menu.addEventListener("change", (event) => this.#changed(event.target));
    this.#render();
  }

  chosen() {
    return this.#boxes.filter((box) => box.checked).map((box) => box.value);
  }

  /** The conversation's own choice, as the server says it is now. */
  set(names) {
    for (const box of this.#boxes) box.checked = names.includes(box.value);
    if (!this.chosen().length && this.#boxes.length) this.#boxes[0].checked = true;
    this.#render();
  }

  async #changed(box) {
    const chosen = this.chosen();
    if (chosen.length < 1 || chosen.length > this.#max) box.checked = !box.checked;
    this.#render();
    const conversation = this.#on.conversation();
    if (!conversation) return;
    try {
      await call("PATCH", `conversations/${conversation}/`, { classifiers: this.chosen() });
    } catch (error) {
      this.#on.failed(error.message);
    }
  }

  #render() {
    const chosen = this.#boxes.filter((box) => box.checked);
    const names = chosen.map((box) => box.nextElementSibling.textContent);
    const words = names.length > 2 ? `${names.length} classifiers` : names.join(", ");
    write(this.#menu.querySelector(".picker-words"), `Read by ${words}`);
    const isFull = chosen.length >= this.#max;
    for (const box of this.#boxes) {
      box.disabled = (box.checked && chosen.length === 1) || (!box.checked && isFull);
    }
  }
}
