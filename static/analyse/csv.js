// CSV as RFC 4180 has it, read from a string and written so that no spreadsheet runs it.

/** Every record with the line it starts on; quotes may hold delimiters and line ends. */
export function* records(text, delimiter) {
  let fields = [];
  let field = "";
  let isQuoted = false;
  let line = 1;
  let start = 1;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (character === "\n") line += 1;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') (field += '"'), (i += 1);
      else isQuoted = false;
    } else if (character === '"' && field === "") {
      isQuoted = true;
    } else if (character === delimiter) {
      fields.push(field);
      field = "";
    } else if (character === "\n") {
      yield { fields: [...fields, field.replace(/\r$/, "")], line: start };
      [fields, field, start] = [[], "", line];
    } else {
      field += character;
    }
  }
  if (field || fields.length) yield { fields: [...fields, field], line: start, isQuoted };
}

// What makes a cell a formula: https://owasp.org/www-community/attacks/CSV_Injection
const FORMULA = /^ *[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

function cell(value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : `${value}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const record = (values) => `${values.map(cell).join(",")}\r\n`;
