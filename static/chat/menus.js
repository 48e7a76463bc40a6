// Menus are <details>: they open and close by themselves. This adds what is expected of
// a menu: a click beside it, or Esc, closes it.

const OPEN = "details.menu[open]";

export function closeMenus(except) {
  let n = 0;
  for (const menu of document.querySelectorAll(OPEN)) {
    if (menu === except) continue;
    menu.open = false;
    n += 1;
  }
  return n > 0;
}

export function watchMenus() {
  const intoView = (event) => {
    if (event.target.matches?.(OPEN)) event.target.lastElementChild.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("toggle", intoView, true);
  document.addEventListener("click", (event) => closeMenus(event.target.closest?.(OPEN)));
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.(OPEN);
    if (event.key !== "Escape" || !closeMenus()) return;
    event.preventDefault();
    menu?.querySelector("summary").focus();
  });
}
