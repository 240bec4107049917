import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';
import fc from 'fast-check';
import { StorageError } from '../../../domain/errors.ts';
import { parseSelect } from '../../../domain/select/parse-select.ts';
import { QueryFailure } from '../query-engine.ts';
import { CsvSource, JsonSource, ParquetSource, type RecordSource } from './record-source.ts';
import { sqlName, sqlText } from './sql-text.ts';
import { translate } from './translate.ts';

let connection: DuckDBConnection;
before(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  connection = await instance.connect();
  await connection.run("CREATE MACRO records() AS TABLE SELECT '{}' AS whole, 'x' AS c0, 'y' AS c1, 'z' AS c2");
});
after(() => connection.closeSync());

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed().replaceAll('\0', '')),
  fc.constantFrom(
    "'",
    "''",
    '"',
    '""',
    "';--",
    "'); ATTACH 'x",
    '\\',
    "\\'",
    '$$',
    "E'\\''",
    '/*',
    '*/',
    '\n',
    '~1/',
    '$.a',
  ),
  fc
    .array(fc.constantFrom("'", '"', '\\', ';', '-', '$', ')', 'a'), { maxLength: 12 })
    .map((letters) => letters.join('')),
);

test('any text comes through a literal, and any name through an identifier, as it is', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (text, name) => {
      fc.pre(name !== '');
      const result = await connection.runAndReadAll(`SELECT ${sqlText(text)} AS ${sqlName(name)}`);
      assert.deepEqual(result.getRows(), [[text]]);
      assert.deepEqual(result.columnNames(), [name]);
    }),
    { numRuns: 300 },
  );
});

const quotedName = hostile.map((text) => `"${text.replaceAll('"', '""')}"`);
const quotedText = hostile.map((text) => `'${text.replaceAll("'", "''")}'`);
const field = fc.oneof(
  fc.constantFrom('s._1', '_2', 's.a'),
  quotedName.map((name) => `s.${name}`),
  fc.tuple(quotedName, quotedName).map(([one, other]) => `s.${one}.${other}[3]`),
);
const value = fc.oneof(field, quotedText, fc.constantFrom('1', '1.5e3', '.5', 'TRUE', 'NULL'));
const templates = fc.constantFrom<(a: string, b: string, c: string) => string>(
  (a, b, c) => `SELECT ${a}, ${b} AS x FROM S3Object s WHERE ${c} = ${a}`,
  (a, b, c) => `SELECT LOWER(${a}) || ${b} FROM S3Object s WHERE ${c} LIKE ${b}`,
  (a, b, c) => `SELECT COUNT(*), MAX(${a}) FROM S3Object s WHERE ${b} IN (${a}, ${c}) OR NOT ${c} IS MISSING`,
  (a, b, c) => `SELECT CASE ${a} WHEN ${b} THEN ${c} ELSE ${a} END FROM S3Object s LIMIT 3`,
  (a, b, c) =>
    `SELECT SUBSTRING(${a} FROM 2 FOR 3), TRIM(LEADING ${b} FROM ${c}), COALESCE(${a}, ${b}) FROM S3Object s`,
  (a, b, c) => `SELECT ${a} + ${b}, CAST(${c} AS DECIMAL(10,2)) FROM S3Object s WHERE ${a} BETWEEN ${b} AND ${c}`,
  (a, b, c) =>
    `SELECT DATE_ADD(day, 1, TO_TIMESTAMP(${a})), EXTRACT(year FROM TO_TIMESTAMP(${b})), ${c} FROM S3Object s`,
);

const sources = fc.constantFrom<() => RecordSource>(
  () => new CsvSource(undefined),
  () => new CsvSource(['a', "b'", 'c"']),
  () => new JsonSource([]),
  () => new JsonSource([{ kind: 'every-element' }, { kind: 'member', name: "x'/~", isQuoted: true }]),
  () =>
    new ParquetSource('/no/such', [
      { name: 'a\'"', type: 'VARCHAR' },
      { name: 'a', type: 'INTEGER[]' },
    ]),
);

test('whatever names and texts a query has, it is one SELECT, and one that DuckDB can read', async () => {
  let translated = 0;
  await fc.assert(
    fc.asyncProperty(sources, templates, fc.tuple(value, value, value), async (source, template, values) => {
      const statement = sqlOf(template(...values), source());
      if (statement === undefined) return;
      translated++;
      const { count } = await connection.extractStatements(statement);
      assert.equal(count, 1, statement);
      if (statement.includes('read_parquet')) return;
      const prepared = await connection.prepare(statement).catch((error: Error) => error);
      if (prepared instanceof Error) assert.doesNotMatch(prepared.message, /^(Parser|Catalog) Error/, statement);
      else assert.equal(prepared.statementType, StatementType.SELECT);
    }),
    { numRuns: 400 },
  );
  assert.ok(translated > 50);
});

/** Undefined for what is refused, in the words of S3 Select. */
function sqlOf(sql: string, source: RecordSource): string | undefined {
  try {
    return translate(parseSelect(sql), source, { now: 0 }).sql;
  } catch (error) {
    assert.ok(error instanceof StorageError || error instanceof QueryFailure, String(error));
    return undefined;
  }
}
