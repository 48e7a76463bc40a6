// Runs before the first paint: marks that scripts work, and applies the chosen theme.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const apply = () => {
    let theme = null;
    try {
      theme = localStorage.getItem("theme");
    } catch {
      // Storage may be blocked; the system's theme is then used.
    }
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  apply();
  addEventListener("storage", (event) => event.key === "theme" && apply());
})();
