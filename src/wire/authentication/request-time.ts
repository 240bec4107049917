import { StorageError } from '../../domain/errors.ts';

/** How far the clock of a client may be from ours, in milliseconds. */
export const allowedSkew = 15 * 60 * 1000;

const httpDate = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|Z|[+-]\d{4})$/;

/** Milliseconds since the epoch of `yyyyMMddTHHmmssZ`, or undefined for anything else, such as a 30th of February. */
export function parseBasicTime(text: string): number | undefined {
  if (text.length !== 16 || text[8] !== 'T' || text[15] !== 'Z') return undefined;
  const year = 100 * twoDigits(text, 0) + twoDigits(text, 2);
  const month = twoDigits(text, 4);
  const day = twoDigits(text, 6);
  const hour = twoDigits(text, 9);
  const minute = twoDigits(text, 11);
  const second = twoDigits(text, 13);
  // Written so that NaN, which stands for what is no digit, is refused by each of them.
  if (!(year >= 1970 && month >= 1 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  if (!(day <= daysOfMonth(year, month))) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** NaN where one of the two is no digit. Every request has six such numbers: no text is made for them. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN;
}

const monthLengths: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** NaN for a month that there is not. */
function daysOfMonth(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeapYear ? 29 : (monthLengths[month - 1] ?? Number.NaN);
}

/** `yyyyMMddTHHmmssZ`. */
export function formatBasicTime(time: number): string {
  const iso = new Date(time).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** `yyyy-MM-ddTHH:mm:ssZ`, as the fields of S3's errors show times. */
export function formatTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** Reads `x-amz-date`, or `Date` in its absence; both may hold either format. AccessDenied where neither is a time. */
export function readRequestTime(headers: Readonly<Record<string, string | undefined>>): {
  time: number;
  provided: string;
  /** `yyyyMMddTHHmmssZ`: what the string to sign has. */
  basic: string;
} {
  const provided = headers['x-amz-date'] ?? headers.date;
  if (provided === undefined) throw new StorageError('MissingDateHeader');
  const basicTime = parseBasicTime(provided);
  if (basicTime !== undefined) return { time: basicTime, provided, basic: provided };
  const time = parseHttpDate(provided);
  if (time === undefined) throw new StorageError('MissingDateHeader');
  return { time, provided, basic: formatBasicTime(time) };
}

function parseHttpDate(text: string): number | undefined {
  // Date.parse alone takes nearly anything for a date, "Bad Date 1" included.
  if (!httpDate.test(text)) return undefined;
  const time = Date.parse(text);
  return time >= 0 ? time : undefined;
}

/** Throws RequestTimeTooSkewed for a request that was signed too long ago, or too far in the future. */
export function checkSkew({ time, provided }: { time: number; provided: string }, now: number): void {
  if (Math.abs(now - time) <= allowedSkew) return;
  throw new StorageError('RequestTimeTooSkewed', {
    fields: { RequestTime: provided, ServerTime: formatTime(now), MaxAllowedSkewMilliseconds: allowedSkew },
  });
}
