import { invariant } from '../../../foundation/invariant.ts';

/** Text as a literal of SQL. The only way in which anything that a client sent comes into a query's text. */
export function sqlText(text: string): string {
  invariant(!text.includes('\0') && text.isWellFormed(), 'text of a query is plain text');
  return `'${text.replaceAll("'", "''")}'`;
}

/** The name of a column as an identifier. */
export function sqlName(name: string): string {
  invariant(!name.includes('\0') && name.isWellFormed(), 'names of a query are plain text');
  return `"${name.replaceAll('"', '""')}"`;
}

/** A number as it was written, which the tokenizer has let through. */
export function sqlNumber(text: string): string {
  invariant(/^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text), 'numbers of a query are numbers', { text });
  return text;
}
