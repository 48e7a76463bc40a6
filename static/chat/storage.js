// What this browser keeps for the page. Where storage is blocked, it lasts as long as
// the page does.

const memory = new Map();

function attempt(use, fallback) {
  try {
    return use(localStorage);
  } catch {
    return fallback();
  }
}

export const storage = {
  get: (key) => attempt((kept) => kept.getItem(key), () => memory.get(key) ?? null),
  set: (key, value) => attempt((kept) => kept.setItem(key, value), () => memory.set(key, value)),
  remove: (key) => attempt((kept) => kept.removeItem(key), () => memory.delete(key)),
  keys: () => attempt((kept) => Object.keys(kept), () => [...memory.keys()]),
};
