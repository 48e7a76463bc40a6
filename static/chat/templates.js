// Cloning the markup that Django rendered into <template> elements.

export function clone(name) {
  const template = document.getElementById(`${name}-template`);
  return template.content.firstElementChild.cloneNode(true);
}

export function setGlyph(svg, label) {
  svg.firstElementChild.setAttribute("href", `#glyph-${label}`);
}

export function show(element, isShown) {
  if (element.hidden === isShown) element.hidden = !isShown;
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
