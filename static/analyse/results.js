// What was read in the rows of a file, on the page: row by row, and counted.

import { capital, percent, ranked, titleOf } from "../chat/emotion.js";
import { clone, setGlyph, write } from "../chat/templates.js";

const MAX_SHOWN = 300; // characters of a row while it is closed

/** The words and the percentage of a chip, as the server's templates have them. */
function fillReading(box, reading) {
  const { top, second, isSplit, isUnsure } = ranked(reading);
  box.dataset.classifier = reading.classifier;
  box.dataset.label = top;
  box.toggleAttribute("data-split", isSplit);
  box.toggleAttribute("data-unsure", isUnsure);
  setGlyph(box.querySelector(".chip .glyph"), top);
  const words = isSplit ? `${capital(top)} or ${second}?` : capital(top);
  write(box.querySelector(".chip-words"), isUnsure ? "Not sure" : words);
  const isPlain = !isSplit && !isUnsure;
  write(box.querySelector(".chip-percent"), isPlain ? percent(reading.scores[top]) : "");
  write(box.querySelector(".analysed-model"), titleOf(reading.classifier));
  const source = `${titleOf(reading.classifier)} · ${reading.model_version}`;
  write(box.querySelector(".bars-source"), source);
  box.querySelector("dl").replaceChildren(...bars(reading.scores));
}

function bars(scores) {
  return Object.entries(scores).map(([label, score]) => {
    const row = clone("bar");
    row.dataset.label = label;
    setGlyph(row.querySelector(".glyph"), label);
    write(row.querySelector(".bar-title"), capital(label));
    write(row.querySelector(".bar-percent"), percent(score));
    const fill = row.querySelector(".bar-fill");
    fill.setAttribute("fill", `url(#pattern-${label})`);
    fill.setAttribute("width", `${(100 * score).toFixed(1)}%`);
    return row;
  });
}

/** A row of the list; its bars are made when it is first opened. */
export function rowShown({ number, text, label }, readings, task) {
  const item = clone("row");
  write(item.querySelector(".file-row-number"), String(number));
  write(item.querySelector(".file-row-text"), text.slice(0, MAX_SHOWN));
  const names = readings.map((reading) => capital(reading.label));
  const isWrong = Boolean(label) && readings.some((reading) => reading.label !== label);
  const given = isWrong ? ` (labelled ${label})` : "";
  write(item.querySelector(".file-row-labels"), [...new Set(names)].join(", ") + given);
  item.toggleAttribute("data-wrong", isWrong);
  const box = item.querySelector(".analysed");
  box.dataset.task = task;
  box.dataset.text = text;
  const open = () => box.append(...readings.map(readingShown));
  item.querySelector("details").addEventListener("toggle", open, { once: true });
  return item;
}

/** An explanation may go into its `data-explain-slot`; the box around has text and task. */
function readingShown(reading) {
  const one = clone("analysed");
  fillReading(one, reading);
  return one;
}

/** How many rows each classifier read as what, and how many were right. */
export function tally(rows, results, classifiers, labels) {
  return classifiers.map((name) => {
    const counts = new Map(labels.map((label) => [label, 0]));
    let [n, nRight] = [0, 0];
    for (const row of rows) {
      const reading = results.get(row.number)?.find((one) => one.classifier === name);
      if (!reading) continue;
      n += 1;
      counts.set(reading.label, counts.get(reading.label) + 1);
      if (row.label === reading.label) nRight += 1;
    }
    const each = [...counts].filter(([, count]) => count);
    const words = each.map(([label, count]) => `${capital(label)} ${count.toLocaleString("en")}`);
    const right = rows.some((row) => row.label)
      ? ` · ${nRight.toLocaleString("en")} of ${n.toLocaleString("en")} right (${((100 * nRight) / Math.max(1, n)).toFixed(1)} %)`
      : "";
    return `${titleOf(name)}: ${words.join(", ")}${right}`;
  });
}
