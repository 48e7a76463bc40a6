// From a file to the texts in it. A bad row is told by its number and stops no other.

import { countPoints } from "../chat/text.js";
import { records } from "./csv.js";

const DELIMITERS = [",", ";", "\t"];
const LABEL_COLUMNS = ["label", "category"];
const DAMAGED = "\ufffd";

/** A file that holds no rows at all; the message is for people. */
export class BadFile extends Error {}

/**
 * Return { rows: [{ number, text, label? }], faults: [{ number, words }], hasLabels }.
 * Row numbers are those of the file's rows, 1 the first one below a header.
 */
export async function readFile(file, { maxBytes, maxRows, maxText, labels }) {
  if (file.size > maxBytes) {
    throw new BadFile(`This file has more than ${Math.round(maxBytes / 2 ** 20)} MB.`);
  }
  const text = decode(new Uint8Array(await file.arrayBuffer()));
  const isCsv = /\.csv$/i.test(file.name) || file.type === "text/csv";
  const { found, hasLabels } = isCsv ? csvRows(text) : txtRows(text);
  if (!found.length) throw new BadFile("There is no text in this file.");
  return { ...checked(found, { maxRows, maxText, labels, hasLabels }), hasLabels };
}

/** UTF-8, or UTF-16 where a byte order mark says so; what is neither becomes U+FFFD. */
function decode(bytes) {
  const mark = bytes.length > 1 ? (bytes[0] << 8) | bytes[1] : 0;
  const name = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  return new TextDecoder(name).decode(bytes);
}

function txtRows(text) {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const isEmpty = lines.length === 1 && !lines[0].trim();
  return { found: isEmpty ? [] : lines.map((line) => ({ text: line })), hasLabels: false };
}

function csvRows(text) {
  const { delimiter, names } = header(text);
  const at = names.indexOf("text");
  const labelAt = names.findIndex((name) => LABEL_COLUMNS.includes(name));
  const found = [];
  for (const { fields, isQuoted } of skipFirst(records(text, delimiter))) {
    const isBlank = fields.length === 1 && !fields[0].trim();
    if (isBlank && names.length > 1) continue; // of several columns: no row at all
    const row = { text: fields[at], label: labelAt < 0 ? undefined : fields[labelAt] };
    if (isQuoted) row.words = "a quotation mark is opened and never closed";
    else if (fields.length !== names.length) {
      row.words = `${fields.length} fields where the first line has ${names.length}`;
    }
    found.push(row);
  }
  return { found, hasLabels: labelAt >= 0 };
}

/** The delimiter is the one by which the first line has a column `text`. */
function header(text) {
  const seen = DELIMITERS.map((delimiter) => {
    const first = records(text, delimiter).next().value;
    const names = (first?.fields ?? []).map((name) => name.trim().toLowerCase());
    return { delimiter, names };
  });
  const right = seen.find(({ names }) => names.includes("text"));
  if (right) return right;
  const longest = seen.sort((a, b) => b.names.length - a.names.length)[0];
  const named = longest.names.slice(0, 8).map((name) => `“${name.slice(0, 30)}”`);
  throw new BadFile(
    `The first line must name a column “text”; it names ${named.join(", ") || "none"}.`,
  );
}

function* skipFirst(iterable) {
  const all = iterable[Symbol.iterator]();
  all.next();
  yield* { [Symbol.iterator]: () => all };
}

function checked(found, limits) {
  const rows = [];
  const faults = [];
  found.slice(0, limits.maxRows).forEach((row, i) => {
    const words = row.words ?? fault(row, limits);
    if (words) faults.push({ number: i + 1, words });
    else rows.push({ number: i + 1, text: row.text.trim(), label: row.label?.trim() });
  });
  const tooMany = found.length - limits.maxRows;
  if (tooMany > 0) {
    const words = `left out, with all ${tooMany.toLocaleString("en")} from here on: at most ${limits.maxRows.toLocaleString("en")} rows are read`;
    faults.push({ number: limits.maxRows + 1, words });
  }
  return { rows, faults };
}

function fault({ text, label }, { maxText, labels, hasLabels }) {
  if (!text?.trim()) return "there is no text";
  if (text.includes(DAMAGED)) return "this is not UTF-8: characters cannot be read";
  if (text.includes("\0")) return "this is not plain text";
  const length = countPoints(text.trim());
  if (length > maxText) {
    return `${length.toLocaleString("en")} characters; at most ${maxText.toLocaleString("en")} are read`;
  }
  if (hasLabels && !labels.includes(label?.trim())) {
    return `the label “${(label ?? "").slice(0, 40)}” is not one of ${labels.join(", ")}`;
  }
  return "";
}
