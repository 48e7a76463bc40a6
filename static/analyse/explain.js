// *Explain* beside each reading: the text once more, its words tinted by what they weigh.

import { Explain } from "../chat/explain.js";
import { call } from "../chat/rest.js";

let shown = null;

document.addEventListener("click", (event) => {
  const from = event.target.closest("[data-explain-slot] [data-action=explain]");
  if (!from) return;
  close();
  const { task, text } = from.closest("[data-text]").dataset;
  const { classifier, label } = from.closest("[data-classifier]").dataset;
  const words = document.createElement("p");
  words.className = "analysed-text";
  words.dir = "auto";
  words.textContent = text.trim().normalize("NFC"); // as the server counts it
  from.after(words);
  shown = new Explain((wanted, signal) => {
    const body = { text: words.textContent, task, ...wanted };
    return call("POST", "explain/", body, signal);
  });
  shown.open(words, { classifier, label, from, task, done: () => words.remove() });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && close()) event.preventDefault();
});

const close = () => shown?.clear() ?? false;
