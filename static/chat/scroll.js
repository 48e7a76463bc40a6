// Follows the newest words while the reader is at the end; never pulls anybody back who
// has scrolled up, but shows a way down.

const NEAR_PX = 48;

export class Follow {
  #view;
  #pill;
  #isPinned = true;
  #lastTop = 0;

  constructor(view, content, pill) {
    this.#view = view;
    this.#pill = pill;
    view.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    view.addEventListener("wheel", (event) => event.deltaY < 0 && this.#unpin(), { passive: true });
    pill.addEventListener("click", () => this.toEnd());
    const grown = new ResizeObserver(() => this.#isPinned && this.toEnd());
    grown.observe(content);
    grown.observe(view);
  }

  toEnd() {
    this.#isPinned = true;
    this.#view.scrollTop = this.#view.scrollHeight;
    this.#lastTop = this.#view.scrollTop;
    this.#pill.hidden = true;
  }

  /** Let `change` add something above without moving what is being read. */
  keepPlace(change) {
    const fromEnd = this.#view.scrollHeight - this.#view.scrollTop;
    this.#isPinned = false;
    change();
    this.#view.scrollTop = this.#view.scrollHeight - fromEnd;
    this.#lastTop = this.#view.scrollTop;
  }

  /** There is something new below. */
  nudge() {
    this.#pill.hidden = this.#isPinned;
  }

  #distance() {
    return this.#view.scrollHeight - this.#view.clientHeight - this.#view.scrollTop;
  }

  #scrolled() {
    const wentUp = this.#view.scrollTop < this.#lastTop - 1;
    this.#lastTop = this.#view.scrollTop;
    if (this.#distance() <= NEAR_PX) {
      this.#isPinned = !wentUp || this.#isPinned;
      this.#pill.hidden = true;
    } else if (wentUp) this.#unpin();
  }

  #unpin() {
    if (this.#view.scrollHeight > this.#view.clientHeight) this.#isPinned = false;
  }
}
