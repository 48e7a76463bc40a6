// What a person sets for this browser: theme, screen reader, breaks.

import { detail, setDetail } from "./a11y.js";
import { everyHours, setEveryHours } from "./breaks.js";
import { storage } from "./storage.js";

export function bindSettings() {
  const stored = storage.get("theme") ?? "system";
  bind("theme", stored, (value) => {
    storage.set("theme", value);
    if (value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  });
  bind("announce", detail(), setDetail);
  bind("breaks", everyHours(), setEveryHours);
}

function bind(id, value, apply) {
  const group = document.getElementById(id);
  const choice = group.querySelector(`input[value="${CSS.escape(value)}"]`);
  if (choice) choice.checked = true;
  group.addEventListener("change", (event) => apply(event.target.value));
}
