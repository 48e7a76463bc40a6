// What the classifiers read: a chip each, opening to six bars in fixed order, and the
// person's correction. chat/readings.py words the same things by the same rules.

import { clone, setGlyph, show, write } from "./templates.js";

const COUNT_MS = 420;
const isStill = matchMedia("(prefers-reduced-motion: reduce)");

let titles = {};
let splitBelow = 0.15;
let sureFrom = {};
export const LABELS = ["anger", "fear", "joy", "love", "sadness", "surprise"];

export function configure(data) {
  titles = data.titles;
  splitBelow = data.split_below;
  sureFrom = data.sure_from;
}

export const titleOf = (classifier) => titles[classifier] ?? classifier;
export const capital = (label) => label.charAt(0).toUpperCase() + label.slice(1);

export function percent(score) {
  if (score < 0.005) return "<1\u00a0%";
  return `${Math.min(99, Math.floor(100 * score + 0.5))}\u00a0%`;
}

/** The top label, unless none is high enough; and the second where it is as close. */
export function ranked({ classifier, scores }) {
  const [top, second] = Object.keys(scores).sort((a, b) => scores[b] - scores[a]);
  const isUnsure = scores[top] < (sureFrom[classifier] ?? 0);
  const isSplit = !isUnsure && scores[top] - scores[second] < splitBelow;
  return { top, second, isSplit, isUnsure };
}

/** For a screen reader: "sadness, 91 percent". */
export function spoken(reading) {
  const { top, second, isSplit, isUnsure } = ranked(reading);
  if (isUnsure) return "not sure";
  if (isSplit) return `${top} or ${second}`;
  return `${top}, ${percent(reading.scores[top]).replace("\u00a0%", " percent")}`;
}

export function renderEmotions(box, turn) {
  const correct = box.querySelector(".correct");
  const readings = new Map(turn.classifications.map((one) => [one.classifier, one]));
  const hasStarted = turn.replies.some((reply) => reply.state !== "pending");
  box.toggleAttribute("data-several", turn.classifiers.length > 1);
  for (const classifier of turn.classifiers) {
    const kind = readings.has(classifier) ? "emotion" : hasStarted ? "unread" : "waiting";
    const chip = chipOf(box, correct, classifier, kind, turn.id);
    if (kind === "emotion") fillReading(chip, readings.get(classifier));
  }
  renderCorrection(correct, turn);
}

/** The classifier's chip of this kind; one of another kind is replaced where it is. */
function chipOf(box, before, classifier, kind, id) {
  const known = [...box.children].find((one) => one.dataset.classifier === classifier);
  if (known && (known.dataset.kind ?? "emotion") === kind) return known;
  const chip = clone(kind);
  chip.dataset.classifier = classifier;
  chip.dataset.kind = kind;
  if (kind === "emotion") chip.name = `emotion-${id}`;
  write(chip.querySelector(".chip-model"), titleOf(classifier));
  if (known) known.replaceWith(chip);
  else before.before(chip);
  if (known) chip.dataset.fresh = "";
  return chip;
}

function fillReading(chip, reading) {
  const { classifier, scores, model_version, duration_ms } = reading;
  const { top, second, isSplit, isUnsure } = ranked(reading);
  chip.dataset.label = top;
  chip.toggleAttribute("data-split", isSplit);
  chip.toggleAttribute("data-unsure", isUnsure);
  setGlyph(chip.querySelector("summary .glyph"), top);
  const words = isSplit ? `${capital(top)} or ${second}?` : capital(top);
  write(chip.querySelector(".chip-words"), isUnsure ? "Not sure" : words);
  const isPlain = !isSplit && !isUnsure;
  const shown = chip.querySelector(".chip-percent");
  if ("fresh" in chip.dataset && isPlain) countUp(shown, scores[top]);
  else write(shown, isPlain ? percent(scores[top]) : "");
  delete chip.dataset.fresh;
  const source = [titleOf(classifier), model_version];
  if (duration_ms !== undefined) source.push(`${duration_ms} ms`);
  write(chip.querySelector(".bars-source"), source.join(" · "));
  fillBars(chip.querySelector("dl"), scores);
}

function fillBars(list, scores) {
  const labels = LABELS.filter((label) => label in scores);
  while (list.children.length < labels.length) list.append(clone("bar"));
  labels.forEach((label, i) => {
    const row = list.children[i];
    row.dataset.label = label;
    setGlyph(row.querySelector(".glyph"), label);
    write(row.querySelector(".bar-title"), capital(label));
    write(row.querySelector(".bar-percent"), percent(scores[label]));
    const fill = row.querySelector(".bar-fill");
    fill.setAttribute("fill", `url(#pattern-${label})`);
    fill.setAttribute("width", `${(100 * scores[label]).toFixed(1)}%`);
  });
}

/** The number counts up once, when it is first known. */
function countUp(element, score) {
  if (isStill.matches || document.hidden) {
    write(element, percent(score));
    return;
  }
  const start = performance.now();
  const step = (now) => {
    const part = Math.min(1, (now - start) / COUNT_MS);
    write(element, percent(part === 1 ? score : Math.max(0.01, score * part)));
    if (part < 1) requestAnimationFrame(step);
  };
  step(start);
}

function renderCorrection(correct, turn) {
  const { correction } = turn;
  show(correct, turn.classifications.length > 0);
  correct.name = `emotion-${turn.id}`;
  show(correct.querySelector(".correct-ask"), !correction);
  show(correct.querySelector(".correct-said"), Boolean(correction));
  if (correction) {
    correct.dataset.label = correction;
    setGlyph(correct.querySelector(".correct-said .glyph"), correction);
    write(correct.querySelector(".correct-words"), `You say ${capital(correction)}`);
  }
  for (const button of correct.querySelectorAll("[data-correct]")) {
    button.setAttribute("aria-pressed", String(button.dataset.correct === correction));
  }
}
