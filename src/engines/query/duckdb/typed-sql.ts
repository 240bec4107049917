import type { CastType } from '../../../domain/select/expression.ts';

/** What is known of a value before the query runs. Fields of CSV are `text`, of JSON `json`: text of a JSON value. */
export type ValueType = 'text' | 'integer' | 'number' | 'boolean' | 'timestamp' | 'json' | 'null';

/** A piece of DuckDB's SQL, in brackets where it needs them, and what its value is. */
export interface TypedSql {
  readonly sql: string;
  readonly type: ValueType;
  /** Of `json`: the shorter way to what a string has in it. */
  readonly text?: string;
}

export const nothing: TypedSql = { sql: 'NULL', type: 'null' };

/** The value as text; of a JSON string what is in it. */
export function asText({ sql, type, text }: TypedSql): string {
  if (type === 'json') return text ?? `json_extract_string(${sql}, '$')`;
  if (type === 'timestamp') return `strftime(${sql}, '%Y-%m-%dT%H:%M:%S.%gZ')`;
  return type === 'text' || type === 'null' ? sql : `CAST(${sql} AS VARCHAR)`;
}

/** The value as a number; NULL for what is none where `lenient`, and otherwise a failure. */
export function asNumber(value: TypedSql, { lenient }: { lenient: boolean }): TypedSql {
  if (value.type === 'integer' || value.type === 'number' || value.type === 'null') return value;
  const cast = lenient ? 'TRY_CAST' : 'CAST';
  return { sql: `${cast}(${asText(value)} AS DOUBLE)`, type: 'number' };
}

function asBoolean(value: TypedSql, { lenient }: { lenient: boolean }): string {
  if (value.type === 'boolean' || value.type === 'null') return value.sql;
  return `${lenient ? 'TRY_CAST' : 'CAST'}(${asText(value)} AS BOOLEAN)`;
}

/** Moments are kept in UTC, without a zone. Minutes are enough for AWS, seconds are not for DuckDB. */
export function asTimestamp(value: TypedSql, { lenient }: { lenient: boolean }): string {
  if (value.type === 'timestamp' || value.type === 'null') return value.sql;
  const text = asText(value);
  const whole = `regexp_replace(${text}, '^(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d)(Z|[+-]\\d\\d:?\\d\\d)?$', '\\1:00\\2')`;
  return `timezone('UTC', ${lenient ? 'TRY_CAST' : 'CAST'}(${whole} AS TIMESTAMPTZ))`;
}

/** Two values as they are held against one another. */
export function alike(one: TypedSql, other: TypedSql): readonly [string, string] {
  const wanted = commonType(one.type, other.type);
  return [asType(one, wanted), asType(other, wanted)];
}

function commonType(one: ValueType, other: ValueType): ValueType {
  for (const type of ['timestamp', 'number', 'integer', 'boolean'] as const) {
    if (one === type || other === type) return type === 'integer' ? 'number' : type;
  }
  return 'text';
}

function asType(value: TypedSql, type: ValueType): string {
  if (value.type === 'null') return value.sql;
  if (type === 'number') return asNumber(value, { lenient: true }).sql;
  if (type === 'boolean') return asBoolean(value, { lenient: true });
  if (type === 'timestamp') return asTimestamp(value, { lenient: true });
  return asText(value);
}

/** Several values as the answers of one expression: numbers stay numbers where all of them are. */
export function unified(values: readonly TypedSql[]): { readonly sql: readonly string[]; readonly type: ValueType } {
  const types = new Set(values.map(({ type }) => type).filter((type) => type !== 'null'));
  if (types.size === 1) return { sql: values.map(({ sql }) => sql), type: [...types][0]! };
  const isNumeric = [...types].every((type) => type === 'integer' || type === 'number') && types.size > 0;
  if (isNumeric) return { sql: values.map(({ sql }) => sql), type: 'number' };
  return { sql: values.map((value) => (value.type === 'null' ? value.sql : asText(value))), type: 'text' };
}

/** CAST: what cannot be converted is a failure of the query. */
export function castTo(
  value: TypedSql,
  { type, precision, scale }: { type: CastType; precision?: number | undefined; scale?: number | undefined },
): TypedSql {
  if (type === 'text') return { sql: asText(value), type: 'text' };
  if (type === 'boolean') return { sql: asBoolean(value, { lenient: false }), type: 'boolean' };
  if (type === 'timestamp') return { sql: asTimestamp(value, { lenient: false }), type: 'timestamp' };
  const source = value.type === 'text' || value.type === 'json' ? asText(value) : value.sql;
  if (type === 'integer') return { sql: `CAST(${source} AS BIGINT)`, type: 'integer' };
  if (type === 'float') return { sql: `CAST(${source} AS DOUBLE)`, type: 'number' };
  return {
    sql: `CAST(${source} AS DECIMAL(${precision ?? 38}, ${scale ?? (precision === undefined ? 10 : 0)}))`,
    type: 'number',
  };
}

/** A condition. */
export function asCondition(value: TypedSql): string {
  return value.type === 'boolean' || value.type === 'null' ? value.sql : asBoolean(value, { lenient: true });
}
