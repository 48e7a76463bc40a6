// Lets words appear one after the other. The server sends what was decoded within 40 ms
// in one piece, and a short reply may be two pieces: here each word gets its moment,
// never more than a blink behind, and none at all for those who want no motion.

const WORD_MS = 26;
const MAX_STEPS = 12;
const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const goals = new WeakMap();

/** Bring the element's text to `text`; returns whether words are still to appear. */
export function reveal(element, text, isAtOnce, onDone) {
  const node = textOf(element);
  const mayStep = !isAtOnce && !isStill.matches && !document.hidden;
  if (!mayStep || !text.startsWith(node.data)) {
    goals.delete(element);
    if (node.data !== text) node.data = text;
    return false;
  }
  if (node.data === text) return false;
  const isOnItsWay = goals.has(element);
  goals.set(element, { text, onDone });
  if (!isOnItsWay) step(element);
  return goals.has(element);
}

function step(element) {
  const goal = goals.get(element);
  if (!goal) return;
  const node = textOf(element);
  const rest = goal.text.slice(node.data.length);
  const words = rest.match(/\s*\S+\s*$|\s*\S+/g) ?? [rest];
  node.appendData(words.slice(0, Math.ceil(words.length / MAX_STEPS)).join(""));
  if (node.data.length < goal.text.length) {
    setTimeout(step, WORD_MS, element);
    return;
  }
  goals.delete(element);
  setTimeout(goal.onDone);
}

/** The one text node, so that a selection in it survives. */
function textOf(element) {
  if (!element.firstChild) element.append(document.createTextNode(""));
  return element.firstChild;
}
