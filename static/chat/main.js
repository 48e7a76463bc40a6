// Starts the chat page: takes over the markup that the server rendered, opens the one
// socket, and joins the parts. Each part is a module of its own and knows no other.

import { announce } from "./a11y.js";
import { Actions } from "./actions.js";
import { watchBreaks } from "./breaks.js";
import { Composer } from "./composer.js";
import { Drawer } from "./drawer.js";
import * as emotion from "./emotion.js";
import { newId } from "./ids.js";
import { watchMenus } from "./menus.js";
import { Outbox } from "./outbox.js";
import { Picker } from "./picker.js";
import * as reply from "./reply.js";
import { Follow } from "./scroll.js";
import { bindSettings } from "./settings.js";
import { SafetyCard } from "./safety.js";
import { Sidebar } from "./sidebar.js";
import { Lost, Socket } from "./socket.js";
import { LineStatus } from "./status.js";
import { Undo } from "./undo.js";
import { View } from "./view.js";
import { fitViewport } from "./viewport.js";

// A page of earlier turns is for browsers without scripts: here they are loaded in place.
if (new URLSearchParams(location.search).has("before")) location.replace(location.pathname);

const data = JSON.parse(document.getElementById("page-data").textContent);
emotion.configure(data);
reply.configure(data);

const pathOf = (id) => (id ? `/c/${id}/` : "/");
let thread = newId(); // names a new conversation until the server has named it
let isLeaving = false;
let isGone = false;

const failed = (words) => {
  composer.complain(words);
  announce(words);
};

const view = new View(data.snapshot, {
  unsent: () => outbox.items.filter(isHere),
  subscribe,
  changed: () => composer.setStoppable(view.hasOpenReply()),
  failed,
});

const isHere = (item) =>
  item.conversation ? item.conversation === view.conversation.id : item.thread === thread;

const outbox = new Outbox(data.user, sendItem, {
  changed: (item) => {
    if (isHere(item)) view.render();
    line.setWaiting(outbox.waiting().length);
  },
  acknowledged,
});

const composer = new Composer({
  user: data.user,
  maxText: data.max_text,
  conversation: view.conversation.id,
  on: { send, stop: () => actions.stop() },
});
const picker = new Picker(data.max_classifiers, {
  conversation: () => view.conversation.id,
  failed,
});
const line = new LineStatus();
const drawer = new Drawer();
const sidebar = new Sidebar({ current: () => view.conversation.id, deleted, failed });
const safety = new SafetyCard();
const undo = new Undo({ restored, failed });
const socket = new Socket("/ws/chat/", { frame: take, state: lineChanged, signedOut });
const actions = new Actions({
  list: document.getElementById("turns"),
  view,
  request: (...asked) => socket.request(...asked),
  outbox,
  on: { failed, takenBack: (text) => composer.fill(text) },
});

function send(text) {
  view.follow.toEnd();
  outbox.add({
    id: newId(),
    conversation: view.conversation.id,
    thread: view.conversation.id ? null : thread,
    text,
    classifiers: picker.chosen(),
    created_at: new Date().toISOString(),
  });
}

function sendItem({ id, conversation, text, classifiers }) {
  const where = conversation ? { conversation } : {};
  return socket.request({ type: "message.send", id, ...where, text, classifiers });
}

function acknowledged(item, ack) {
  line.setWaiting(outbox.waiting().length);
  announce("Message sent.");
  if (!isHere(item)) return;
  if (!view.conversation.id) open(ack.conversation, item.text.split("\n")[0].slice(0, 80));
  sidebar.upsert({ id: ack.conversation, updated_at: new Date().toISOString() });
  view.conversation.addAccepted(item, ack);
  view.render();
  if (ack.duplicate) view.heal();
}

/** The new conversation has its id: the page becomes that conversation's page. */
function open(id, title) {
  Object.assign(view.conversation, { id, title, classifiers: picker.chosen() });
  history.replaceState(null, "", pathOf(id));
  document.getElementById("composer").action = `${pathOf(id)}send/`;
  safety.setPath(pathOf(id));
  composer.openDraft(id);
  sidebar.upsert({ id, title });
}

function take(frame) {
  if (frame.type === "ready") arrived();
  if (frame.type === "conversation.updated") {
    sidebar.upsert({ id: frame.conversation, title: frame.title });
  }
  if (frame.type === "conversation.deleted") gone(frame.id);
  const about = frame.type === "snapshot" ? frame.conversation.id : frame.conversation;
  if (!about || about !== view.conversation.id || frame.type === "ack") return;
  view.take(frame);
  safety.take(frame);
  if (frame.type === "conversation.updated" && isGone) back();
  if (frame.type === "conversation.updated" || frame.type === "snapshot") {
    picker.set(view.conversation.classifiers);
  }
  if (frame.type === "message.created") {
    sidebar.upsert({ id: about, updated_at: new Date().toISOString() });
  }
}

async function arrived() {
  await subscribe();
  outbox.flush();
}

async function subscribe() {
  const { id, seq } = view.conversation;
  if (!id) return;
  try {
    await socket.request({ type: "subscribe", conversation: id, ...(seq ? { after: seq } : {}) });
  } catch (error) {
    if (error.code === "not_found") gone(id);
    else if (!(error instanceof Lost)) failed(error.message);
  }
}

function lineChanged(state) {
  line.set(state);
  line.setWaiting(outbox.waiting().length);
}

function signedOut() {
  if (isLeaving) return;
  const signIn = document.querySelector('meta[name="sign-in"]').content;
  location.assign(`${signIn}?next=${encodeURIComponent(pathOf(view.conversation.id))}`);
}

function deleted(row) {
  const wasOpen = row.id === view.conversation.id;
  undo.offer(row, wasOpen ? pathOf(row.id) : "");
  if (wasOpen) location.assign("/");
}

function restored(conversation, returnTo) {
  if (returnTo) location.assign(returnTo);
  else sidebar.upsert(conversation);
}

/** Deleted in another tab: what is on the page stays readable, but takes no more. */
function gone(id) {
  sidebar.remove(id);
  if (id !== view.conversation.id || isLeaving || sidebar.isDeleting(id)) return;
  isGone = true;
  failed("This conversation was deleted. What you write here can not be sent.");
}

function back() {
  isGone = false;
  composer.complain("");
  subscribe();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (!actions.clearExplanation()) actions.stop();
  }
  if (event.key === "/" && !event.target.closest("input, textarea, select")) {
    event.preventDefault();
    drawer.open();
    sidebar.focusSearch();
  }
});

document.getElementById("sign-out").addEventListener("submit", (event) => {
  const nUnsent = outbox.items.length;
  const question = `Not sent yet: ${nUnsent}. Sign out and throw that away?`;
  if (nUnsent && !confirm(question)) {
    event.preventDefault();
    return;
  }
  isLeaving = true;
  composer.forgetDrafts();
  outbox.clear();
});

document.querySelector(".starters").addEventListener("click", (event) => {
  const starter = event.target.closest("button");
  if (starter) composer.fill(starter.textContent);
});

// The answer to a form that was refused lies at an address that can not be asked for.
if (location.pathname.endsWith("/send/")) {
  history.replaceState(null, "", pathOf(view.conversation.id));
}
watchMenus();
bindSettings();
watchBreaks(() => composer.focusUnlessTouch());
fitViewport();
view.follow = new Follow(
  document.getElementById("thread"),
  document.getElementById("turns"),
  document.getElementById("latest"),
);
safety.know(data.snapshot);
view.render();
view.follow.toEnd();
composer.focusUnlessTouch();
socket.open();
outbox.open().then(() => {
  const left = outbox.items.find((item) => !item.conversation);
  if (!view.conversation.id && left && !outbox.items.some(isHere)) thread = left.thread;
  view.render();
  outbox.flush();
});
