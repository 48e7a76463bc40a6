// Task, framework and classifiers of the page's form: only what fits together is shown.

import { show } from "../chat/templates.js";

export class Choices {
  #form;
  #max;
  #changed;

  /** `changed` is called whenever another task or other classifiers are chosen. */
  constructor(form, max, changed) {
    this.#form = form;
    this.#max = max;
    this.#changed = changed;
    form.addEventListener("change", (event) => {
      if (["task", "framework", "classifiers"].includes(event.target.name)) this.#update();
    });
    this.#render();
  }

  get task() {
    return this.#form.elements.task.value;
  }

  get classifiers() {
    return this.#boxes().filter((box) => box.checked).map((box) => box.value);
  }

  /** While a file is read nothing can be chosen anew. */
  lock(isLocked) {
    for (const set of this.#form.querySelectorAll(".analyse-choices fieldset")) {
      set.disabled = isLocked;
    }
    if (!isLocked) this.#render();
  }

  #update() {
    this.#render();
    this.#changed();
  }

  #boxes() {
    const sets = this.#form.querySelector(`[data-of-task="${this.task}"]`);
    return [...(sets?.querySelectorAll("label:not([hidden]) input") ?? [])];
  }

  #render() {
    const framework = this.#form.elements.framework?.value ?? "";
    for (const set of this.#form.querySelectorAll("[data-of-task]")) {
      show(set, set.dataset.ofTask === this.task);
      set.disabled = set.hidden;
      for (const label of set.querySelectorAll("label")) {
        show(label, !framework || label.dataset.framework === framework);
        label.firstElementChild.disabled = label.hidden;
      }
      const none = !set.querySelector("label:not([hidden])");
      show(set.querySelector(".analyse-none"), none);
    }
    this.#keepOneToMax();
  }

  #keepOneToMax() {
    const boxes = this.#boxes();
    const chosen = boxes.filter((box) => box.checked);
    if (!chosen.length && boxes.length) boxes[0].checked = true;
    for (const box of boxes) box.disabled = !box.checked && chosen.length >= this.#max;
  }
}
