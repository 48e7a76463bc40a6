// Lengths as the protocol counts them: in code points, not UTF-16 units.

export function countPoints(text) {
  let n = 0;
  for (let i = 0; i < text.length; i += text.codePointAt(i) > 0xffff ? 2 : 1) n += 1;
  return n;
}

export function dropPoints(text, n) {
  let i = 0;
  for (; n > 0 && i < text.length; n -= 1) i += text.codePointAt(i) > 0xffff ? 2 : 1;
  return text.slice(i);
}
