// How the line is: a word under the message box, and a banner when it stays away.

import { announce } from "./a11y.js";
import { show, write } from "./templates.js";

const PATIENCE_MS = 1_500;

export class LineStatus {
  #line = document.getElementById("connection");
  #banner = document.getElementById("banner");
  #timer = 0;
  #nWaiting = 0;
  #state = "connecting";

  constructor() {
    addEventListener("online", () => this.#render());
    addEventListener("offline", () => this.#render());
    this.#startPatience();
  }

  set(state) {
    this.#state = state;
    if (state === "online") this.#recovered();
    else this.#startPatience();
    this.#render();
  }

  setWaiting(nWaiting) {
    this.#nWaiting = nWaiting;
    this.#render();
  }

  #startPatience() {
    if (!this.#timer) this.#timer = setTimeout(() => this.#warn(), PATIENCE_MS);
  }

  #recovered() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#banner.hidden) announce("The connection is back.");
    this.#banner.hidden = true;
  }

  #warn() {
    write(this.#banner.querySelector("span"), this.#bannerWords());
    show(this.#banner, true);
    announce(this.#bannerWords());
  }

  #bannerWords() {
    if (!navigator.onLine) {
      return "You are offline. Your text is safe; it is sent when the line is back.";
    }
    return "No connection just now. Your text is safe; it is sent when we are back.";
  }

  #render() {
    this.#line.dataset.state = this.#state;
    write(this.#line.querySelector(".connection-words"), this.#words());
    if (!this.#banner.hidden) write(this.#banner.querySelector("span"), this.#bannerWords());
  }

  #words() {
    if (this.#state === "online") return "Connected";
    const later = this.#nWaiting ? ` Will send later (${this.#nWaiting}).` : "";
    if (!navigator.onLine) return `Offline.${later}`;
    if (this.#state === "connecting") return `Connecting…${later}`;
    return later ? `Reconnecting…${later}` : "Reconnecting… your text is safe.";
  }
}
