const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// The three forms of RFC 9110 section 5.6.7. The name of the day is not checked: it says nothing new.
const imfFixdate = /^[A-Za-z]{3}, (\d{2}) ([A-Za-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const rfc850Date = /^[A-Za-z]{6,9}, (\d{2})-([A-Za-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const asctimeDate = /^[A-Za-z]{3} ([A-Za-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/** Milliseconds since the epoch of an HTTP date in any form of RFC 9110 section 5.6.7, or undefined where it is none. */
export function parseHttpDate(text: string): number | undefined {
  const trimmed = text.trim();
  let match = imfFixdate.exec(trimmed);
  if (match !== null) return instant([match[3], match[2], match[1], match[4], match[5], match[6]]);
  match = asctimeDate.exec(trimmed);
  if (match !== null) return instant([match[6], match[1], match[2], match[3], match[4], match[5]]);
  match = rfc850Date.exec(trimmed);
  if (match === null) return undefined;
  // Two digits of a year: the century begins at 1970, since nothing here is older than the epoch.
  const year = Number(match[3]) + (Number(match[3]) < 70 ? 2000 : 1900);
  return instant([String(year), match[2], match[1], match[4], match[5], match[6]]);
}

/** The preferred form of an HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`. Milliseconds are cut off. */
export function formatHttpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}

type DateParts = readonly (string | undefined)[];

function instant([year, monthName, day, hour, minute, second]: DateParts): number | undefined {
  const month = monthNames.indexOf(monthName ?? '');
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month, Number(day));
  // A day that the month has not would silently become one of the next month.
  if (month < 0 || date.getUTCMonth() !== month || date.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  return date.setUTCHours(Number(hour), Number(minute), Number(second));
}
