// What was written but not yet acknowledged. Kept in IndexedDB, so that neither a lost
// line nor a closed tab loses it; sent again under the same id, so that it is stored
// once however often it is sent.

import { Lost } from "./socket.js";

const STORE = "messages";
const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 30_000;

function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function openDatabase() {
  const request = indexedDB.open("emochat-outbox", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return finished(request);
}

export class Outbox {
  #user;
  #send;
  #on;
  #database = null;
  #isSending = false;
  #pauseTimer = 0;
  #nPauses = 0;
  items = [];

  /** `send(item)` resolves with the ack; `on`: changed(item), acknowledged(item, ack). */
  constructor(user, send, on) {
    this.#user = user;
    this.#send = send;
    this.#on = on;
  }

  /** Read what an earlier page left. Without IndexedDB, memory has to do. */
  async open() {
    try {
      this.#database = await openDatabase();
      const stored = await finished(this.#table("readonly").getAll());
      const mine = stored.filter((item) => item.user === this.#user);
      const known = new Set(this.items.map((item) => item.id));
      this.items.unshift(...mine.filter((item) => !known.has(item.id)));
      this.items.sort((a, b) => a.created_at.localeCompare(b.created_at));
    } catch {
      this.#database = null;
    }
    this.items.forEach((item) => this.#on.changed(item));
  }

  #table(mode) {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }

  /** Shown at once; what "will be sent" is promised of is on disk before it is. */
  async add(item) {
    const kept = { ...item, user: this.#user, state: "keeping" };
    this.items.push(kept);
    this.#on.changed(kept);
    await this.#keep(kept).catch(() => {}); // a full disk: memory has to do
    this.#mark(kept, "waiting");
    this.flush();
  }

  retry(id) {
    const item = this.items.find((one) => one.id === id);
    if (item) this.#mark(item, "waiting");
    this.flush();
  }

  async remove(id) {
    this.items = this.items.filter((item) => item.id !== id);
    if (this.#database) await finished(this.#table("readwrite").delete(id));
  }

  async clear() {
    for (const { id } of [...this.items]) await this.remove(id);
  }

  waiting() {
    return this.items.filter((item) => item.state !== "failed");
  }

  /** Send what waits, oldest first, one at a time; stops where the line is lost. */
  async flush() {
    if (this.#isSending) return;
    this.#isSending = true;
    clearTimeout(this.#pauseTimer);
    try {
      for (let item; (item = this.#next()); ) await this.#sendOne(item);
    } catch (error) {
      if (!(error instanceof Lost)) this.#pause(error.retryAfter);
    } finally {
      this.#isSending = false;
    }
  }

  /** A new conversation's second message waits for the first one's ack. */
  #next() {
    const held = new Set();
    return this.items.find((item) => {
      const mayGo = item.state === "waiting" && !held.has(item.thread);
      if (item.thread && !item.conversation) held.add(item.thread);
      return mayGo;
    });
  }

  async #sendOne(item) {
    this.#mark(item, "sending");
    try {
      const ack = await this.#send(item);
      this.#nPauses = 0;
      // Told before anything is awaited: the message's events are right behind its ack.
      this.items = this.items.filter((one) => one !== item);
      this.#adopt(item.thread, ack.conversation);
      this.#on.acknowledged(item, ack);
      await this.remove(item.id);
    } catch (error) {
      if (error.code !== undefined && !error.isRetryable) {
        this.#mark(item, "failed", error.message);
        await this.#keep(item);
        return;
      }
      this.#mark(item, "waiting", error.code ? error.message : "");
      throw error;
    }
  }

  #adopt(thread, conversation) {
    for (const item of this.items) {
      if (!thread || item.thread !== thread || item.conversation) continue;
      item.conversation = conversation;
      this.#keep(item);
    }
  }

  #mark(item, state, error = "") {
    Object.assign(item, { state, error });
    this.#on.changed(item);
  }

  #pause(seconds) {
    const backoff = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#nPauses);
    this.#nPauses += 1;
    this.#pauseTimer = setTimeout(() => this.flush(), seconds ? seconds * 1000 : backoff);
  }

  async #keep(item) {
    if (!this.#database) return;
    const state = item.state === "failed" ? "failed" : "waiting";
    await finished(this.#table("readwrite").put({ ...item, state }));
  }
}
