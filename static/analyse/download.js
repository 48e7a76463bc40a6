// What was read in the rows of a file, as a file to keep.

import { record } from "./csv.js";

/** One line a row of the file, good or bad, in its order. */
export function resultFile({ rows, faults, results, classifiers, labels }) {
  const head = ["row", "text", "given_label", "error"];
  for (const name of classifiers) {
    head.push(`${name}_label`, ...labels.map((label) => `${name}_${label}`));
  }
  const known = new Set(rows.map(({ number }) => number));
  const wrong = new Map(faults.map(({ number, words }) => [number, words]));
  const all = [...rows, ...faults.filter(({ number }) => !known.has(number))];
  all.sort((a, b) => a.number - b.number);
  const lines = all.map((row) => {
    const readings = results.get(row.number);
    const error = readings ? "" : (wrong.get(row.number) ?? "not read yet");
    const own = [row.number, row.text ?? "", row.label ?? "", error];
    return record([...own, ...scores(readings ?? [], classifiers, labels)]);
  });
  // The mark at the beginning tells spreadsheets that this is UTF-8.
  return new Blob(["\ufeff", record(head), ...lines], { type: "text/csv;charset=utf-8" });
}

function scores(readings, classifiers, labels) {
  return classifiers.flatMap((name) => {
    const reading = readings.find((one) => one.classifier === name);
    if (!reading) return ["", ...labels.map(() => "")];
    return [reading.label, ...labels.map((label) => reading.scores[label].toFixed(4))];
  });
}
