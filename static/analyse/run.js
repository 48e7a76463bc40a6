// Sends texts to REST classify/ part by part, one at a time: the server reads them behind
// everybody who waits for a reply. Waits as long as it is told to, and goes on by itself.

const ROWS_A_PART = 64;
const WAIT_S = 3;
const PLACE = /^texts\[(\d+)\]: (.*)$/s;

export class Refused extends Error {}

/** Waits between tries; resolves at once when `signal` is aborted. */
const pause = (seconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

/** As many rows as are sent at once: few, and not too long together. */
export function nextPart(rows, from, maxCharacters) {
  let n = 0;
  let length = 0;
  while (n < ROWS_A_PART && from + n < rows.length) {
    length += rows[from + n].text.length;
    if (n && length > maxCharacters) break;
    n += 1;
  }
  return rows.slice(from, from + n);
}

async function send(body, signal) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const response = await fetch("/api/v1/classify/", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
    signal,
  });
  return { response, answer: await response.json().catch(() => ({})) };
}

/**
 * Read the part; return [results, faults], both by the row's number.
 * `waiting(words)` is told why nothing happens. Raises Refused where trying on is no use.
 */
export async function readPart(part, asked, signal, waiting) {
  const faults = new Map();
  let left = part;
  while (left.length && !signal.aborted) {
    let found;
    try {
      found = await send({ ...asked, texts: left.map((row) => row.text) }, signal);
    } catch {
      if (signal.aborted) break;
      waiting("No connection. It goes on by itself.");
      await pause(WAIT_S, signal);
      continue;
    }
    const { response, answer } = found;
    if (response.ok) {
      return [new Map(left.map((row, i) => [row.number, answer.results[i]])), faults];
    }
    const place = PLACE.exec(answer.detail ?? "");
    if (place) {
      const row = left[Number(place[1])];
      faults.set(row.number, place[2]);
      left = left.filter((one) => one !== row);
    } else if (response.status === 429 || response.status >= 500) {
      waiting(answer.detail ?? "The server is busy. It goes on by itself.");
      await pause(answer.retry_after ?? WAIT_S, signal);
    } else {
      throw new Refused(answer.detail ?? "That did not work. Please try again.");
    }
  }
  return [new Map(), faults];
}
