// What a person sets for this browser: the theme, and what a screen reader is told.

import { detail, setDetail } from "./a11y.js";

export function bindSettings() {
  const stored = localStorage.getItem("theme") ?? "system";
  bind("theme", stored, (value) => {
    localStorage.setItem("theme", value);
    if (value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  });
  bind("announce", detail(), setDetail);
}

function bind(id, value, apply) {
  const group = document.getElementById(id);
  const choice = group.querySelector(`input[value="${CSS.escape(value)}"]`);
  if (choice) choice.checked = true;
  group.addEventListener("change", (event) => apply(event.target.value));
}
