// Renaming in place: Enter or leaving the field keeps the new name, Esc the old one.

import { clone } from "./templates.js";

export function rename(link, title, save) {
  const form = clone("rename");
  const input = form.querySelector("input");
  let isDone = false;
  const close = (keep, backToLink) => {
    if (isDone) return;
    isDone = true;
    form.remove();
    link.hidden = false;
    if (backToLink) link.focus();
    const given = input.value.trim();
    if (keep && given && given !== title) save(given);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    close(true, true);
  });
  input.addEventListener("blur", () => close(true, false));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close(false, true);
  });
  input.value = title;
  link.hidden = true;
  link.before(form);
  input.select();
}
