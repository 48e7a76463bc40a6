// Where the browser lays its keyboard over the page instead of shrinking it (Safari on
// a phone), the page takes the height that is left.

export function fitViewport() {
  const view = window.visualViewport;
  if (!view || "virtualKeyboard" in navigator) return;
  const fit = () => {
    const isCovered = innerHeight - view.height > 60;
    const { style } = document.documentElement;
    if (isCovered) style.setProperty("--viewport-height", `${view.height}px`);
    else style.removeProperty("--viewport-height");
    if (isCovered) scrollTo(0, 0);
  };
  view.addEventListener("resize", fit);
  view.addEventListener("scroll", fit);
}
