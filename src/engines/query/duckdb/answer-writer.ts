import type { AnswerFormat } from '../query-engine.ts';
import type { TranslatedQuery } from './translate.ts';
import type { ValueType } from './typed-sql.ts';

/** Names of the fields of a whole record of CSV; undefined for whole records of JSON, which bring their own. */
export type WholeRecord =
  | { readonly kind: 'csv'; readonly names: readonly string[] | undefined }
  | { readonly kind: 'json' };

/** Makes records of an answer: text of rows that DuckDB gave. */
export function answerWriter(
  format: AnswerFormat,
  { columns, isWholeRecord }: Pick<TranslatedQuery, 'columns' | 'isWholeRecord'>,
  whole: WholeRecord,
): (row: readonly (string | null)[]) => string {
  const end = format.recordDelimiter;
  if (format.kind === 'json') {
    if (isWholeRecord && whole.kind === 'csv') {
      const write = fieldsAsJson(whole.names);
      return ([record]) => write(record ?? '[]') + end;
    }
    if (isWholeRecord) return ([record]) => (record?.startsWith('{') ? record : `{"_1":${record}}`) + end;
    const names = columns.map(({ name }) => `${JSON.stringify(name)}:`);
    return (row) => {
      const members: string[] = [];
      for (const [i, { type }] of columns.entries()) {
        const value = jsonValue(row[i] ?? null, type);
        if (value !== undefined) members.push(names[i] + value);
      }
      return `{${members.join(',')}}${end}`;
    };
  }
  const field = csvField(format);
  const line = (values: readonly string[]) => values.map(field).join(format.fieldDelimiter) + end;
  if (isWholeRecord) return ([record]) => line(fieldsOf(record ?? '', whole));
  return (row) => line(columns.map(({ type }, i) => csvValue(row[i] ?? null, type)));
}

/** Names are quoted once, not for every record. */
function fieldsAsJson(names: readonly string[] | undefined): (record: string) => string {
  const quoted: string[] = [];
  return (record) => {
    const fields = JSON.parse(record) as readonly string[];
    let members = '';
    for (const [i, value] of fields.entries()) {
      quoted[i] ??= `${JSON.stringify(names?.[i] ?? `_${i + 1}`)}:`;
      members += `${i === 0 ? '' : ','}${quoted[i]}${JSON.stringify(value)}`;
    }
    return `{${members}}`;
  };
}

function fieldsOf(record: string, whole: WholeRecord): readonly string[] {
  const parsed: unknown = JSON.parse(record);
  if (whole.kind === 'csv') return parsed as string[];
  const values = typeof parsed === 'object' && parsed !== null ? Object.values(parsed) : [parsed];
  return values.map(plainText);
}

function plainText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Undefined for a field that the record has not. */
function jsonValue(text: string | null, type: ValueType): string | undefined {
  if (text === null) return type === 'json' ? undefined : 'null';
  if (type === 'json' || type === 'boolean') return text;
  // JSON has no other numbers than these.
  if (type === 'integer' || type === 'number') return /^-?\d/.test(text) ? shortNumber(text) : 'null';
  return JSON.stringify(text);
}

function csvValue(text: string | null, type: ValueType): string {
  if (text === null) return '';
  if (type === 'number') return shortNumber(text);
  return type === 'json' ? plainText(JSON.parse(text)) : text;
}

/** Numbers of JSON are all of one type: a whole one is written as such. */
function shortNumber(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}

function csvField(format: Extract<AnswerFormat, { kind: 'csv' }>): (value: string) => string {
  const { quote, quoteEscape, fieldDelimiter, recordDelimiter, quoteAll } = format;
  return (value) => {
    const needsQuotes =
      quoteAll ||
      value.includes(fieldDelimiter) ||
      value.includes(quote) ||
      value.includes(recordDelimiter) ||
      /[\r\n]/.test(value);
    return needsQuotes ? quote + value.replaceAll(quote, quoteEscape + quote) + quote : value;
  };
}
