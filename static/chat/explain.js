// Which words made a classifier read what it read: they are tinted in the text itself, one
// text at a time. Whoever uses this says how an explanation is asked for.

import { announce } from "./a11y.js";
import { capital, percent } from "./emotion.js";
import { clone, show, write } from "./templates.js";

const N_STOPS = 5; // words that Tab stops at: none below a tenth of the strongest
const N_STRENGTHS = 5;
const LEAST = 0.005; // half a point: less is not told
const FULL = 0.1; // where no word weighs as much, none gets the full tint

export class Explain {
  #ask;
  #open = null;

  /** `ask({ classifier, label }, signal)` resolves with an explanation, or null. */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Explain an element's words; `from`, which asked for it, gets the focus back. Only
      classifiers of the `task`, if one is named; `done()` is called when all is cleared. */
  open(text, { classifier, label, from, task, done }) {
    this.clear();
    const panel = clone("explain");
    const [who, what] = panel.querySelectorAll("select");
    for (const one of [...who.options]) if (task && one.dataset.task !== task) one.remove();
    const life = new AbortController();
    this.#open = { text, panel, who, what, from, done, life, tip: panel.querySelector(".explain-tip") };
    who.value = classifier;
    fillLabels(who, what, label);
    text.after(panel);
    const options = { signal: life.signal, capture: true }; // scrolling does not bubble
    const on = (node, kinds, handle) => {
      for (const kind of kinds) node.addEventListener(kind, handle, options);
    };
    on(panel, ["change"], ({ target }) => {
      if (target === who) fillLabels(who, what, what.value);
      this.#run();
    });
    on(panel, ["click"], ({ target }) => {
      if (target.closest("[data-explain=close]")) this.clear();
      else if (target.closest("[data-explain=again]")) this.#run();
    });
    on(text, ["pointerover", "focusin"], ({ target }) => this.#point(target));
    on(text, ["pointerleave", "focusout"], () => this.#point(document.activeElement));
    on(text, ["keydown"], (event) => this.#press(event));
    on(document, ["scroll"], () => this.#point(this.#open.at));
    this.#run();
  }

  /** Take it all back; returns whether there was anything. */
  clear() {
    if (!this.#open) return false;
    const { text, panel, from, done, life, run } = this.#open;
    const wasThere = panel.isConnected;
    const hadFocus = [text, panel].some((one) => one.contains(document.activeElement));
    life.abort();
    run?.abort();
    untint(text);
    panel.remove();
    this.#open = null;
    done?.();
    const back = from.checkVisibility() ? from : from.closest("details")?.querySelector("summary");
    if (hadFocus) back?.focus();
    return wasThere;
  }

  async #run() {
    const { text, panel, who, what } = this.#open;
    this.#open.run?.abort();
    const { signal } = (this.#open.run = new AbortController());
    untint(text);
    this.#show("wait");
    try {
      const found = await this.#ask({ classifier: who.value, label: what.value }, signal);
      if (!signal.aborted && found) this.#tell(found);
    } catch (error) {
      if (signal.aborted) return;
      const words = error.message || "No connection just now. Please try again.";
      write(panel.querySelector(".explain-fault-words"), words);
      this.#show("fault");
      announce(words);
    }
  }

  /** Show one of the panel's three states: "wait", "fault" or "found". */
  #show(state) {
    for (const part of this.#open.panel.querySelectorAll("[data-state]")) {
      show(part, part.dataset.state === state);
    }
  }

  #tell(found) {
    const { text, panel, what, from } = this.#open;
    const points = [...text.textContent]; // the protocol counts code points
    const words = found.words
      .filter(({ weight }) => Math.abs(weight) >= LEAST)
      .map((word) => ({ ...word, text: points.slice(word.start, word.end).join("") }));
    const ranked = [...words].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
    const hadFocus = [from, document.body].includes(document.activeElement) ||
      panel.querySelector("[data-state=wait]").contains(document.activeElement);
    tint(text, points, words, found, stopsOf(ranked));
    what.value = found.label;
    panel.dataset.label = found.label;
    write(panel.querySelector(".explain-score"), percent(found.score));
    fillTable(panel.querySelector("tbody"), ranked, found.method);
    panel.toggleAttribute("data-even", !words.length);
    this.#show("found");
    announce(summary(found, ranked));
    if (hadFocus) text.querySelector("[tabindex]")?.focus();
  }

  /** Say what a word weighs, beside it; nothing where there is none. */
  #point(target) {
    const { panel, tip } = this.#open;
    const word = target?.closest?.(".explain-word[data-says]");
    this.#open.at = word;
    if (!panel.isConnected) return;
    if (!word) return tip.hidePopover();
    write(tip, word.dataset.says);
    tip.showPopover();
    const [place] = word.getClientRects();
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, place.left), innerWidth - width - 8);
    const above = place.top - height - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 8 ? above : place.bottom + 6}px`;
  }

  #press(event) {
    if (!["Enter", " "].includes(event.key) || !event.target.closest(".explain-word")) return;
    event.preventDefault();
    event.stopPropagation();
    this.#point(event.target);
  }
}

function fillLabels(who, what, label) {
  const labels = who.selectedOptions[0].dataset.labels.split(" ");
  what.replaceChildren(...labels.map((one) => new Option(capital(one), one)));
  if (labels.includes(label)) what.value = label;
}

function stopsOf(ranked) {
  const top = ranked.slice(0, N_STOPS);
  return top.filter(({ weight }) => Math.abs(weight) >= Math.abs(top[0].weight) / 10);
}

function tint(text, points, words, { label, method }, stops) {
  const most = Math.max(FULL, ...words.map(({ weight }) => Math.abs(weight)));
  const parts = [];
  let at = 0;
  for (const word of words) {
    const mark = document.createElement("mark");
    mark.className = "explain-word";
    mark.dataset.sign = word.weight > 0 ? "for" : "against";
    mark.dataset.strength = Math.ceil(N_STRENGTHS * (Math.abs(word.weight) / most));
    mark.dataset.says = says(word.weight, method);
    mark.textContent = word.text;
    if (stops.includes(word)) {
      mark.tabIndex = 0;
      mark.setAttribute("role", "button");
      mark.setAttribute("aria-label", `${word.text}: ${spoken(mark.dataset.says)}`);
    }
    parts.push(points.slice(at, word.start).join(""), mark);
    at = word.end;
  }
  text.dataset.label = label;
  text.replaceChildren(...parts, points.slice(at).join(""));
}

function untint(text) {
  if (!text.querySelector(".explain-word")) return;
  delete text.dataset.label;
  text.replaceChildren(text.textContent);
}

function fillTable(body, words, method) {
  body.replaceChildren();
  for (const { text, weight } of words) {
    const row = body.insertRow();
    row.insertCell().textContent = text;
    row.insertCell().textContent = weight > 0 ? "for" : "against";
    row.insertCell().textContent = spoken(says(weight, method));
  }
}

/** What leaving a word out does was tried; what it adds is an estimate. */
function says(weight, method) {
  const isTried = method === "occlusion";
  const n = Math.max(1, Math.round(100 * Math.abs(weight)));
  const sign = weight > 0 === isTried ? "\u2212" : "+";
  const points = `${sign}${n} point${n > 1 ? "s" : ""}`;
  return isTried ? `${points} without this word` : `about ${points} from this word`;
}

const spoken = (words) => words.replace("\u2212", "minus ").replace("+", "plus ");

function summary({ label, score, method }, ranked) {
  const first = `${capital(label)}, ${percent(score).replace("\u00a0%", " percent")}.`;
  if (!ranked.length) return `${first} No single word matters much.`;
  const told = ranked.slice(0, 3).map(({ text, weight }) => `${text}, ${spoken(says(weight, method))}`);
  return `${first} What matters most: ${told.join("; ")}.`;
}
