// One status node says what begins and ends; the stream itself is not read out word by
// word. The person may want the whole reply, its end only, or nothing.

import { storage } from "./storage.js";

const PAUSE_MS = 350;
const KEY = "announce";

const node = document.getElementById("announcer");
const queue = [];
let timer = 0;

export function detail() {
  return storage.get(KEY) ?? "full";
}

export function setDetail(value) {
  storage.set(KEY, value);
}

export function announce(words) {
  if (detail() === "off" || !words) return;
  queue.push(words);
  if (!timer) timer = setTimeout(speak, PAUSE_MS);
}

/** What came within one pause is said in one breath: a new text replaces the old. */
function speak() {
  node.textContent = queue.splice(0).join(" ");
  timer = queue.length ? setTimeout(speak, PAUSE_MS) : 0;
}

export function announceReply(reply) {
  if (reply.reason === "stopped") announce("Reply stopped.");
  else if (reply.reason === "error") announce("The reply could not be finished.");
  else announce(detail() === "full" ? `Reply: ${reply.text}` : "Reply finished.");
}
