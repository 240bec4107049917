import { StorageError } from '../../domain/errors.ts';

/** How far the clock of a client may be from ours, in milliseconds. */
export const allowedSkew = 15 * 60 * 1000;

const basicFormat = /^\d{8}T\d{6}Z$/;
const httpDate = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|Z|[+-]\d{4})$/;

/** Milliseconds since the epoch of `yyyyMMddTHHmmssZ`, or undefined for anything else, such as a 30th of February. */
export function parseBasicTime(text: string): number | undefined {
  if (!basicFormat.test(text)) return undefined;
  const month = Number(text.slice(4, 6));
  const day = Number(text.slice(6, 8));
  const hour = Number(text.slice(9, 11));
  const minute = Number(text.slice(11, 13));
  const second = Number(text.slice(13, 15));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const time = Date.UTC(Number(text.slice(0, 4)), month - 1, day, hour, minute, second);
  // A day that the month does not have rolls over into the next one.
  return time >= 0 && new Date(time).getUTCDate() === day ? time : undefined;
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
