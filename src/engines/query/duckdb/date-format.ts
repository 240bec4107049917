import { QueryFailure } from '../query-engine.ts';

/** Letters of AWS's patterns, by how often they are repeated, in the words of strftime. */
const formats: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  y: '%Y',
  yy: '%y',
  M: '%-m',
  MM: '%m',
  MMM: '%b',
  MMMM: '%B',
  d: '%-d',
  dd: '%d',
  a: '%p',
  h: '%-I',
  hh: '%I',
  H: '%-H',
  HH: '%H',
  m: '%-M',
  mm: '%M',
  s: '%-S',
  ss: '%S',
  SSS: '%g',
  SSSSSS: '%f',
  // Every moment is one of UTC.
  X: 'Z',
  XX: 'Z',
  XXX: 'Z',
  XXXX: 'Z',
  XXXXX: 'Z',
  x: '+00',
  xx: '+0000',
  xxx: '+00:00',
  xxxx: '+0000',
  xxxxx: '+00:00',
};

/**
 * The pattern of TO_STRING for strftime; letters in single quotes stand for themselves.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-date.html
 */
export function dateFormat(pattern: string): string {
  return pattern.replaceAll(/'([^']*)'|([A-Za-z])\2*|%|./gs, (found, literal: string | undefined) => {
    if (literal !== undefined) return (literal === '' ? "'" : literal).replaceAll('%', '%%');
    if (found === '%') return '%%';
    if (!/^[A-Za-z]/.test(found)) return found;
    const format = formats[found];
    if (format === undefined) throw new QueryFailure('unsupported', `TO_STRING does not know ${found}.`);
    return format;
  });
}
