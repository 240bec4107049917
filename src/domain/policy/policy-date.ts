const isoDate =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/;
const epochSeconds = /^-?\d{1,12}(?:\.\d{1,9})?$/;

/**
 * Reads a date of a condition: ISO 8601 in the W3C's profile (from a year alone down to fractions of a second; without
 * an offset it is UTC) or seconds since 1970. Four digits are a year. Returns milliseconds since 1970, or undefined.
 */
export function parsePolicyDate(text: string): number | undefined {
  const iso = isoDate.exec(text);
  if (iso === null) return epochSeconds.test(text) ? Number(text) * 1000 : undefined;
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '', offset] = iso;
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const [h, min, s] = [Number(hour), Number(minute), Number(second)];
  if (m < 1 || m > 12 || d < 1 || d > daysIn(y, m) || h > 23 || min > 59 || s > 60) return undefined;
  const shift = offsetMinutes(offset);
  if (shift === undefined) return undefined;
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999; 400 years are always the same number of days.
  const shifted = Date.UTC(y + 400, m - 1, d, h, min, s) - millisecondsIn400Years;
  return shifted + Number(`0.${fraction || '0'}`) * 1000 - shift * 60_000;
}

const millisecondsIn400Years = 146_097 * 86_400_000;

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function offsetMinutes(offset: string | undefined): number | undefined {
  if (offset === undefined || offset === 'Z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
