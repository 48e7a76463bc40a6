// The tab's one socket: opens it, keeps it alive, opens it again, pairs each command
// with its answer. States: "connecting", "online", "reconnecting".

const PING_MS = 20_000;
const PROBE_MS = 3_000;
const ANSWER_MS = 10_000;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
const SIGNED_OUT = 4401;

/** What the server refused, in words for people. */
export class Refused extends Error {
  constructor({ code, message, retryable, retry_after }) {
    super(message);
    Object.assign(this, { code, isRetryable: retryable, retryAfter: retry_after });
  }
}

/** The line went away before an answer came: the command may or may not be done. */
export class Lost extends Error {}

export class Socket {
  #url;
  #on;
  #socket = null;
  #answers = new Map();
  #nRequests = 0;
  #nTries = 0;
  #retryTimer = 0;
  #pingTimer = 0;
  #nMissed = 0;
  state = "connecting";

  /** `on`: frame(frame), state(state), signedOut(). */
  constructor(path, on) {
    this.#url = new URL(path, location.href.replace(/^http/, "ws"));
    this.#on = on;
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.#probe());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    addEventListener("pagehide", () => {
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close();
    });
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
  }

  open() {
    clearTimeout(this.#retryTimer);
    const [socket, old] = [new WebSocket(this.#url), this.#socket];
    this.#socket = socket;
    old?.close();
    const ours = (handle) => (event) => socket === this.#socket && handle(event);
    socket.onmessage = ours((event) => this.#receive(event.data));
    socket.onclose = ours((event) => this.#closed(event.code));
    this.#nMissed = 0;
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => this.#ping(), PING_MS);
  }

  /** Send a command; resolves with its answer, rejects with Refused or Lost.

      Without one in time the line counts as lost. */
  request(frame, withinMs = ANSWER_MS) {
    if (this.state !== "online") return Promise.reject(new Lost());
    const request = `r${(this.#nRequests += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#abandon(), withinMs);
      this.#answers.set(request, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ ...frame, request }));
    });
  }

  /** Something changed for the better: look at once whether the line is there. */
  hurry() {
    if (this.state === "online") this.#probe();
    else if (this.#socket?.readyState !== WebSocket.CONNECTING) this.open();
  }

  #receive(data) {
    const frame = JSON.parse(data);
    this.#nMissed = 0;
    if (frame.type === "ready") {
      this.#nTries = 0;
      this.#become("online");
    }
    this.#on.frame(frame);
    this.#answer(frame);
  }

  #answer(frame) {
    const waiting = this.#answers.get(frame.request);
    if (!waiting) return;
    this.#answers.delete(frame.request);
    clearTimeout(waiting.timer);
    if (frame.type === "error") waiting.reject(new Refused(frame));
    else waiting.resolve(frame);
  }

  #closed(code) {
    clearInterval(this.#pingTimer);
    this.#become("reconnecting");
    for (const { reject, timer } of this.#answers.values()) {
      clearTimeout(timer);
      reject(new Lost());
    }
    this.#answers.clear();
    if (code === SIGNED_OUT) this.#on.signedOut();
    else this.#retry();
  }

  /** Exponential back-off with full jitter, so that a crowd does not return at once. */
  #retry() {
    const longest = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#nTries);
    this.#nTries += 1;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.open(), Math.random() * longest);
  }

  #ping() {
    if (this.#nMissed >= 2) {
      this.#abandon();
      return;
    }
    this.#nMissed += 1;
    this.#sendPing();
  }

  #sendPing() {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send('{"type":"ping"}');
    }
  }

  /** Ask for a sign of life and give up soon if there is none. */
  #probe() {
    if (this.state !== "online") return;
    const socket = this.#socket;
    this.#nMissed += 1;
    this.#sendPing();
    setTimeout(() => {
      if (socket === this.#socket && this.#nMissed > 0) this.#abandon();
    }, PROBE_MS);
  }

  /** Do not wait for a dead line to say goodbye. */
  #abandon() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#closed(0);
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#on.state(state);
  }
}
