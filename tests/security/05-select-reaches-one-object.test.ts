import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseSelect } from '../../src/domain/select/parse-select.ts';
import { duckDbQueryEngine } from '../../src/engines/query/duckdb/duckdb-query-engine.ts';
import { openDuckDb } from '../../src/engines/query/duckdb/open-duckdb.ts';
import type { RowQuery } from '../../src/engines/query/query-engine.ts';
import { sourceOf } from '../../src/foundation/bytes.ts';
import { systemClock } from '../../src/foundation/clock.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cairn-select-'));
  await writeFile(join(directory, 'secret.csv'), 'the,secret\n');
});
after(() => rm(directory, { recursive: true }));

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** What an attacker would say to DuckDB. None of it is S3 Select's SQL. */
const attempts = (path: string): readonly string[] => [
  `SELECT * FROM read_csv('${path}')`,
  `SELECT * FROM read_text('/etc/passwd')`,
  `SELECT * FROM '${path}'`,
  `SELECT * FROM glob('/etc/*')`,
  `SELECT * FROM read_csv('http://169.254.169.254/latest/meta-data/')`,
  `ATTACH '${path}.db' AS other`,
  `COPY (SELECT 1) TO '${path}.out'`,
  `EXPORT DATABASE '${path}.dir'`,
  'INSTALL httpfs',
  'LOAD httpfs',
  `LOAD '${path}'`,
  `IMPORT DATABASE '${path}'`,
  'SET enable_external_access = true',
  "SET allowed_paths = ['/etc/passwd']",
  "SET temp_directory = '/tmp'",
  'RESET lock_configuration',
  "PRAGMA enable_profiling = 'json'",
  `PRAGMA import_database('${path}')`,
  "SELECT getenv('PATH')",
];

test('nothing that is said to DuckDB gets it out of its one file', async () => {
  const { connection } = await openDuckDb(undefined);
  for (const sql of attempts(join(directory, 'secret.csv'))) {
    await assert.rejects(connection.runAndReadAll(sql), sql);
  }
  assert.deepEqual(await readdir(directory), ['secret.csv']);
});

test('a file that it may read is the only one, and stays as it is', async () => {
  const own = join(directory, 'secret.csv');
  const { connection } = await openDuckDb(own);
  const rows = await connection.runAndReadAll(`SELECT * FROM read_csv('${own}', header = false)`);
  assert.deepEqual(rows.getRowsJson(), [['the', 'secret']]);
  for (const sql of attempts('/etc/passwd')) await assert.rejects(connection.runAndReadAll(sql), sql);
});

test('none of it is taken for a query', () => {
  for (const sql of attempts('/etc/passwd')) assert.throws(() => parseSelect(sql), sql);
  for (const call of ['read_csv', 'read_text', 'getenv', 'glob', 'query', 'pragma_database_list', 'current_setting']) {
    assert.throws(() => parseSelect(`SELECT ${call}('x') FROM S3Object`), call);
  }
});

const parquetQuery = (isSecret: boolean): RowQuery => ({
  query: parseSelect('SELECT * FROM S3Object'),
  input: { kind: 'parquet' },
  output: { kind: 'json', recordDelimiter: '\n' },
  range: undefined,
  headerLine: undefined,
  now: 0,
  isSecret,
});

async function parquetFile(engine: ReturnType<typeof duckDbQueryEngine>): Promise<Buffer> {
  const rows = (async function* () {
    for (let i = 0; i < 3000; i++) yield [`key ${i}`];
  })();
  const pieces: Buffer[] = [];
  const writing = engine.writeParquet({ columns: [{ name: 'key', type: 'text' }] }, rows);
  await writing.answer((piece) => {
    pieces.push(Buffer.from(piece));
  });
  await writing.stop();
  return Buffer.concat(pieces);
}

test('files of queries have no names, and none is left', { skip: process.platform !== 'linux' }, async () => {
  const place = await mkdtemp(join(directory, 'queries-'));
  const engine = duckDbQueryEngine({ directory: place, memoryDirectory: undefined, logger: quiet, clock: systemClock });
  const file = await parquetFile(engine);
  const running = engine.start(parquetQuery(false), sourceOf(file));
  let seen: string[] | undefined;
  await running.answer(async () => {
    seen = await readdir(place);
  });
  assert.deepEqual(seen, []);
  await running.stop();
  assert.deepEqual(await readdir(place), []);
});

test('bytes that are kept encrypted never come to lie on the disk', async () => {
  const place = await mkdtemp(join(directory, 'encrypted-'));
  const engine = duckDbQueryEngine({ directory: place, memoryDirectory: undefined, logger: quiet, clock: systemClock });
  const file = await parquetFile(engine);
  assert.throws(() => engine.start(parquetQuery(true), sourceOf(file)), /in memory/);
});

test('a file that is too large is not held whole, neither in memory nor on the disk', async () => {
  const largestFiles = { onDisk: 2000, inMemory: 1000 };
  const options = { directory, memoryDirectory: directory, logger: quiet, clock: systemClock };
  const file = await parquetFile(duckDbQueryEngine(options));
  assert.ok(file.length > 2000);
  for (const isSecret of [true, false]) {
    const running = duckDbQueryEngine({ ...options, largestFiles }).start(parquetQuery(isSecret), sourceOf(file));
    const most = isSecret ? /at most 1000 bytes/ : /at most 2000 bytes/;
    await assert.rejects(
      running.answer(() => undefined),
      { kind: 'too-large', message: most },
    );
    await running.stop();
  }
});

test('a query that is stopped is over, whatever it is doing', async () => {
  const engine = duckDbQueryEngine({ directory, memoryDirectory: undefined, logger: quiet, clock: systemClock });
  let given = 0;
  const endless = {
    length: undefined,
    async pour(sink: (piece: Buffer) => void | Promise<void>) {
      for (;;) {
        given++;
        await sink(Buffer.alloc(65_536, '{"a":1}\n'));
      }
    },
    collect: () => Promise.reject(new Error('it has no end')),
  };
  const query = {
    ...parquetQuery(false),
    query: parseSelect('SELECT COUNT(*) FROM S3Object'),
    input: { kind: 'json' } as const,
  };
  const running = engine.start(query, endless);
  const answering = running.answer(() => undefined);
  const rejected = assert.rejects(answering);
  while (given < 20) await new Promise((resolve) => setImmediate(resolve));
  await running.stop();
  await rejected;
});

const jsonQuery = (sql: string): RowQuery => ({
  ...parquetQuery(false),
  query: parseSelect(sql),
  input: { kind: 'json' },
});

async function answerOf(sql: string, body: Buffer): Promise<string> {
  const running = duckDbQueryEngine({ directory, memoryDirectory: undefined, logger: quiet, clock: systemClock }).start(
    jsonQuery(sql),
    sourceOf(body),
  );
  let text = '';
  try {
    await running.answer((piece) => {
      text += piece.toString();
    });
    return text;
  } finally {
    await running.stop();
  }
}

test('a query takes no memory of the others, neither by what it says nor by what it makes', async () => {
  let nested = 's.a';
  for (let depth = 0; depth < 18; depth++) nested = `NULLIF(${nested}, 'x')`;
  const small = Buffer.from('{"a":"1"}\n');
  await assert.rejects(answerOf(`SELECT ${nested} FROM S3Object s`, small), { kind: 'unsupported' });
  const large = Buffer.from(`{"a":"${'a'.repeat(900_000)}"}\n`);
  const joined = (times: number) => `SELECT CHAR_LENGTH(${Array(times).fill('s.a').join(' || ')}) FROM S3Object s`;
  await assert.rejects(answerOf(joined(300), Buffer.concat(Array(5).fill(large))), { kind: 'too-large' });
});

test('records that are large each are not held all at once', async () => {
  const large = Buffer.from(`{"a":"${'a'.repeat(900_000)}"}\n`);
  const answer = await answerOf('SELECT CHAR_LENGTH(s.a) AS n FROM S3Object s', Buffer.concat(Array(300).fill(large)));
  assert.equal(answer, '{"n":900000}\n'.repeat(300));
});
