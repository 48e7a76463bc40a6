// *Explain* in the review queue: the words of the message, tinted by what they weigh.
import { Explain } from "../chat/explain.js";

const form = document.getElementById("review");
const text = form.querySelector(".desk-asked .desk-text");
const token = form.elements.csrfmiddlewaretoken.value;

const explanation = new Explain(async (wanted, signal) => {
  const body = new URLSearchParams({ message: form.dataset.message, ...wanted });
  const headers = { "X-CSRFToken": token };
  const answer = await fetch(form.dataset.explain, { method: "POST", body, headers, signal });
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  throw new Error(found.detail ?? "That did not work. Please load the page again.");
});

form.addEventListener("click", (event) => {
  const from = event.target.closest("[data-action=explain]");
  const reading = from?.closest("[data-classifier]").dataset;
  if (reading) explanation.open(text, { ...reading, from });
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && explanation.clear()) event.preventDefault();
});
