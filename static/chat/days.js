// The words under which the list groups conversations, in the reader's own time zone.

const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const MONTH = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

export function dayWords(at, now = new Date()) {
  const nDays = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (nDays < 1) return "Today";
  if (nDays < 2) return "Yesterday";
  return nDays < 7 ? WEEKDAY.format(at) : MONTH.format(at);
}
