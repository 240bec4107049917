import type { PathStep } from '../../../domain/select/expression.ts';
import { QueryFailure } from '../query-engine.ts';
import { sqlName, sqlText } from './sql-text.ts';
import type { TypedSql, ValueType } from './typed-sql.ts';

/** Where records come from, as a query sees it. */
export interface RecordSource {
  /** What stands behind FROM. To be asked last: it may depend on the fields that were asked for. */
  from(): string;
  field(steps: readonly PathStep[]): TypedSql;
  everyField(): EveryField;
}

export interface EveryField {
  readonly fields: readonly { readonly name: string; readonly value: TypedSql }[];
  /** The one field is the record itself, in a form that the answer's writer knows. */
  readonly isWholeRecord: boolean;
}

/** The function that the table of records is read through. */
export const recordsFunction = 'records';
/** Its column that has a whole record. */
export const wholeRecordColumn = 'whole';

/** Records of text fields. Only those that a query names are handed over. */
export class CsvSource implements RecordSource {
  readonly #names: readonly string[] | undefined;
  /** The numbers of the fields that the query uses, in the order of the columns. */
  readonly used: number[] = [];
  usesWhole = false;

  constructor(names: readonly string[] | undefined) {
    this.#names = names;
  }

  from(): string {
    return `${recordsFunction}()`;
  }

  field(steps: readonly PathStep[]): TypedSql {
    if (steps.length === 0) throw new QueryFailure('unsupported', 'A record of CSV is no value: name its fields.');
    const member = onlyMember(steps);
    if (!member) throw new QueryFailure('invalid-column', 'Fields of CSV have nothing inside them.');
    const index = this.#indexOf(member.name, member.isQuoted);
    const at = this.used.indexOf(index);
    const column = at >= 0 ? at : this.used.push(index) - 1;
    return { sql: `c${column}`, type: 'text' };
  }

  everyField(): EveryField {
    this.usesWhole = true;
    return { fields: [{ name: '_1', value: { sql: wholeRecordColumn, type: 'text' } }], isWholeRecord: true };
  }

  #indexOf(name: string, isQuoted: boolean): number {
    const lower = name.toLowerCase();
    const named = this.#names?.findIndex((known) => (isQuoted ? known === name : known.toLowerCase() === lower)) ?? -1;
    if (named >= 0) return named;
    const position = /^_([1-9]\d{0,4})$/.exec(name);
    if (position) return Number(position[1]) - 1;
    throw new QueryFailure(
      'invalid-column',
      this.#names
        ? 'Some headers in the query are missing from the file. Check the file and try again.'
        : `The column ${JSON.stringify(name)} is not valid: without a header, columns are _1, _2 and so on.`,
    );
  }
}

/** Records that are JSON values. */
export class JsonSource implements RecordSource {
  readonly #from: readonly PathStep[];

  constructor(from: readonly PathStep[]) {
    // `S3Object[*]` is every record, as `S3Object` is.
    this.#from = from[0]?.kind === 'every-element' ? from.slice(1) : from;
  }

  from(): string {
    let source = `(SELECT ${wholeRecordColumn} AS j FROM ${recordsFunction}())`;
    for (const step of this.#from) {
      const inside =
        step.kind === 'every-element' ? `unnest(json_extract(j, '$[*]'))` : `json_extract(j, ${pointer([step])})`;
      source = `(SELECT j FROM (SELECT ${inside} AS j FROM ${source}) WHERE j IS NOT NULL)`;
    }
    return source;
  }

  field(steps: readonly PathStep[]): TypedSql {
    if (steps.length === 0) return { sql: 'j', type: 'json' };
    const path = pointer(steps);
    return { sql: `json_extract(j, ${path})`, type: 'json', text: `json_extract_string(j, ${path})` };
  }

  everyField(): EveryField {
    return { fields: [{ name: '_1', value: { sql: 'CAST(j AS VARCHAR)', type: 'text' } }], isWholeRecord: true };
  }
}

/** A JSON pointer (RFC 6901), which takes any name. */
function pointer(steps: readonly PathStep[]): string {
  const parts = steps.map((step) => {
    if (step.kind === 'element') return `/${step.index}`;
    if (step.kind === 'member') return `/${step.name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    throw new QueryFailure('unsupported', '[*] stands in FROM only.');
  });
  return sqlText(parts.join(''));
}

/** A column of a Parquet file, and its type in DuckDB's words. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: string;
}

/** The columns of a Parquet file. */
export class ParquetSource implements RecordSource {
  readonly #path: string;
  readonly #columns: readonly ParquetColumn[];

  constructor(path: string, columns: readonly ParquetColumn[]) {
    this.#path = path;
    this.#columns = columns;
  }

  from(): string {
    return `read_parquet(${sqlText(this.#path)}) AS t`;
  }

  field(steps: readonly PathStep[]): TypedSql {
    const [first, ...rest] = steps;
    if (first?.kind !== 'member') throw new QueryFailure('unsupported', 'A record is no value: name its fields.');
    const { sql, type } = columnValue(this.#find(first.name, first.isQuoted));
    if (rest.length === 0) return { sql, type };
    const path = pointer(rest);
    const json = type === 'json' ? sql : `to_json(${sql})`;
    return { sql: `json_extract(${json}, ${path})`, type: 'json', text: `json_extract_string(${json}, ${path})` };
  }

  everyField(): EveryField {
    const fields = this.#columns.map((column) => ({ name: column.name, value: columnValue(column) }));
    return { fields, isWholeRecord: false };
  }

  #find(name: string, isQuoted: boolean): ParquetColumn {
    const lower = name.toLowerCase();
    const named =
      this.#columns.find((column) => column.name === name) ??
      (isQuoted ? undefined : this.#columns.find((column) => column.name.toLowerCase() === lower));
    const position = /^_([1-9]\d{0,4})$/.exec(name);
    const column = named ?? (position ? this.#columns[Number(position[1]) - 1] : undefined);
    if (column) return column;
    throw new QueryFailure('invalid-column', `The file has no column ${JSON.stringify(name)}.`);
  }
}

function columnValue({ name, type }: ParquetColumn): TypedSql {
  const column = `t.${sqlName(name)}`;
  if (type === 'VARCHAR') return { sql: column, type: 'text' };
  if (/^DECIMAL\(\d+,\d+\)$/.test(type)) return { sql: column, type: 'number' };
  const plain: ValueType | undefined = plainTypes.find(([pattern]) => pattern.test(type))?.[1];
  if (plain === 'timestamp') {
    const hasZone = type.includes('WITH TIME ZONE');
    return { sql: hasZone ? `timezone('UTC', ${column})` : `CAST(${column} AS TIMESTAMP)`, type: plain };
  }
  if (plain === 'text') return { sql: `CAST(${column} AS VARCHAR)`, type: plain };
  return plain && plain !== 'json'
    ? { sql: column, type: plain }
    : { sql: `CAST(to_json(${column}) AS VARCHAR)`, type: 'json' };
}

const plainTypes: readonly (readonly [RegExp, ValueType])[] = [
  [/\]$|^(STRUCT|MAP|UNION)/, 'json'],
  [/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/, 'integer'],
  [/^(FLOAT|DOUBLE)$/, 'number'],
  [/^BOOLEAN$/, 'boolean'],
  [/^(DATE$|TIMESTAMP)/, 'timestamp'],
  [/^(TIME|BLOB|UUID|INTERVAL|ENUM|BIT)/, 'text'],
];

/** Whether a path is one field of the record, and which. */
function onlyMember(steps: readonly PathStep[]): Extract<PathStep, { kind: 'member' }> | undefined {
  const [first] = steps;
  return steps.length === 1 && first?.kind === 'member' ? first : undefined;
}
