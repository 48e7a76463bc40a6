// The list of conversations: grouped by day, searched, renamed, deleted. Rows come from
// the server's markup, from REST, and from events about conversations changed elsewhere.

import { dayWords } from "./days.js";
import { rename } from "./rename.js";
import { call } from "./rest.js";
import { clone, show, write } from "./templates.js";

const TYPING_PAUSE_MS = 220;
const PAGE = 40;

export class Sidebar {
  #nav = document.getElementById("sidebar");
  #list = document.getElementById("rows");
  #search = document.getElementById("search");
  #empty = this.#nav.querySelector(".rows-empty");
  #more = this.#nav.querySelector(".rows-more");
  #items = new Map();
  #all = new Map();
  #found = null;
  #cursor = "";
  #timer = 0;
  #nSearches = 0;
  #deleting = new Set();
  #on;

  /** `on`: current() the open conversation's id; deleted(row); failed(words). */
  constructor(on) {
    this.#on = on;
    for (const item of this.#list.querySelectorAll(".row")) {
      const { conversation: id, updated } = item.dataset;
      const title = item.querySelector(".row-title").textContent;
      this.#items.set(id, item);
      this.#all.set(id, { id, title, updated_at: updated });
    }
    show(this.#more, this.#all.size >= PAGE);
    this.#search.addEventListener("input", () => this.#typed());
    this.#search.form.addEventListener("submit", (event) => event.preventDefault());
    this.#more.addEventListener("click", () => this.#showMore());
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    this.render();
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  /** A conversation is new, renamed or was written in. */
  upsert(change) {
    const known = this.#all.get(change.id) ?? { updated_at: new Date().toISOString() };
    const row = { ...known, ...change };
    this.#all.set(row.id, row);
    if (this.#found?.has(row.id)) this.#found.set(row.id, row);
    this.render();
  }

  remove(id) {
    this.#all.delete(id);
    this.#found?.delete(id);
    this.render();
  }

  /** Rows keep their elements, and the one that has the focus gets it back. */
  render() {
    const focused = this.#list.contains(document.activeElement) && document.activeElement;
    const { scrollTop } = this.#list;
    const shown = [...(this.#found ?? this.#all).values()];
    shown.sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));
    const groups = new Map();
    for (const row of shown) {
      const day = dayWords(new Date(row.updated_at));
      groups.set(day, [...(groups.get(day) ?? []), row]);
    }
    this.#list.replaceChildren(...[...groups].map(([day, rows]) => this.#group(day, rows)));
    this.#list.scrollTop = scrollTop;
    if (focused?.isConnected) focused.focus({ preventScroll: true });
    const words = this.#search.value.trim();
    const nothing = words ? `Nothing found for “${words}”.` : "What you write will be listed here.";
    write(this.#empty, nothing);
    show(this.#empty, shown.length === 0);
  }

  #group(day, rows) {
    const group = clone("group");
    group.querySelector("h2").textContent = day;
    group.querySelector("ul").append(...rows.map((row) => this.#itemOf(row)));
    return group;
  }

  #itemOf(row) {
    const item = this.#items.get(row.id) ?? clone("row");
    this.#items.set(row.id, item);
    item.dataset.conversation = row.id;
    const link = item.querySelector(".row-link");
    link.href = `/c/${row.id}/`;
    link.title = row.title;
    write(item.querySelector(".row-title"), row.title);
    if (row.id === this.#on.current()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    const words = `Rename or delete “${row.title}”`;
    item.querySelector("summary").setAttribute("aria-label", words);
    return item;
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#find(), TYPING_PAUSE_MS);
  }

  async #find() {
    const words = this.#search.value.trim();
    const nSearch = (this.#nSearches += 1);
    const path = `conversations/?q=${encodeURIComponent(words)}`;
    const page = words ? await this.#fetch(path) : null;
    if (nSearch !== this.#nSearches) return;
    this.#found = page && new Map(page.results.map((row) => [row.id, row]));
    show(this.#more, !words && this.#all.size >= PAGE);
    this.render();
  }

  /** The first page may hold nothing new: then the next one is asked for as well. */
  async #showMore() {
    const nBefore = this.#all.size;
    let page;
    do {
      page = await this.#fetch(`conversations/${this.#cursor}`);
      if (!page) return;
      for (const row of page.results) this.#all.set(row.id, row);
      this.#cursor = page.next && `?cursor=${encodeURIComponent(cursorOf(page.next))}`;
    } while (page.next && this.#all.size === nBefore);
    show(this.#more, Boolean(page.next));
    this.render();
  }

  async #fetch(path) {
    try {
      return await call("GET", path);
    } catch (error) {
      this.#on.failed(error.message);
      return null;
    }
  }

  #clicked(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (!action) return;
    const item = event.target.closest(".row");
    const row = this.#all.get(item.dataset.conversation) ?? this.#found.get(item.dataset.conversation);
    item.querySelector("details").open = false;
    if (action === "delete") this.#delete(row);
    else rename(item.querySelector(".row-link"), row.title, (title) => this.#save(row, title));
  }

  async #save(row, title) {
    this.upsert({ ...row, title });
    try {
      await call("PATCH", `conversations/${row.id}/`, { title });
    } catch (error) {
      this.upsert(row);
      this.#on.failed(error.message);
    }
  }

  /** Whether it is this tab that deletes it: then its event is no news. */
  isDeleting(id) {
    return this.#deleting.has(id);
  }

  async #delete(row) {
    this.#deleting.add(row.id);
    try {
      await call("DELETE", `conversations/${row.id}/`);
    } catch (error) {
      this.#deleting.delete(row.id);
      this.#on.failed(error.message);
      return;
    }
    this.remove(row.id);
    this.#on.deleted(row);
  }
}

/** `next` may be a bare cursor or the address of the next page. */
function cursorOf(next) {
  return new URL(next, location.href).searchParams.get("cursor") ?? next;
}
