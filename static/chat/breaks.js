// A gentle note after hours of use. Time counts while a page is visible and its person
// wrote in the last half hour; half an hour without starts anew. Tabs share one count.

import { storage } from "./storage.js";
import { clone } from "./templates.js";

const HOUR_MS = 3_600_000;
const place = document.getElementById("break");
let visibleFrom = Date.now();
let refocus;

/** After how many hours; "0" is never. */
export const everyHours = () => storage.get("breaks") ?? "3";

export function setEveryHours(hours) {
  storage.set("breaks", hours);
  render();
}

/** `left()` is called when a note goes that had the focus. */
export function watchBreaks(left) {
  refocus = left;
  const wrote = () => count({ wrote: Date.now() });
  document.getElementById("text").addEventListener("input", wrote);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) visibleFrom = Date.now();
    count();
  });
  setInterval(() => document.hidden || count(), 60_000);
  addEventListener("storage", render);
  place.addEventListener("click", ({ target }) => target.closest("button") && count({ used: 0 }));
  count();
}

/** Milliseconds `used`, counted `until`; when somebody last `wrote`. */
const kept = () => JSON.parse(storage.get("use") ?? "{}");

function count(change) {
  const now = Date.now();
  const use = kept();
  const from = Math.max(use.until, visibleFrom);
  use.used = now - use.wrote < HOUR_MS / 2 ? use.used + now - from : 0;
  if (from !== now) use.until = now; // or another window has yet to count
  storage.set("use", JSON.stringify({ ...use, ...change }));
  render();
}

function render() {
  const due = everyHours() * HOUR_MS;
  const isDue = due > 0 && kept().used >= due;
  if (isDue === place.hasChildNodes()) return;
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(...(isDue ? [clone("break")] : []));
  if (hadFocus) refocus();
}
