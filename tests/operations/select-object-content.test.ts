import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  type InputSerialization,
  PutObjectCommand,
  SelectObjectContentCommand,
  type SelectObjectContentCommandInput,
} from '@aws-sdk/client-s3';
import { startS3Server } from '../s3-server.ts';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const people = 'name,age,city\nAnn,31,"Rome, Italy"\n# a comment\nBob,7,\n"Ce""c",x,Oslo\r\n';
const lines = '{"a":1,"b":{"c/d":["x",null]}}\n{"a":"two","z":null}\n{"a":3.5,"l":[{"i":1},{"i":2}]}\n';
const csv: InputSerialization = { CSV: { FileHeaderInfo: 'USE' } };
const json: InputSerialization = { JSON: { Type: 'LINES' } };

interface Answered {
  readonly text: string;
  readonly events: readonly string[];
  readonly stats: { BytesScanned?: number; BytesProcessed?: number; BytesReturned?: number } | undefined;
}

async function select(
  Bucket: string,
  Expression: string,
  more: Partial<SelectObjectContentCommandInput> = {},
  s3 = shared.s3,
): Promise<Answered> {
  const answer = await s3.send(
    new SelectObjectContentCommand({
      Bucket,
      Key: 'k',
      Expression,
      ExpressionType: 'SQL',
      InputSerialization: csv,
      OutputSerialization: { JSON: {} },
      ...more,
    }),
  );
  const events: string[] = [];
  const pieces: Uint8Array[] = [];
  let stats: Answered['stats'];
  for await (const event of answer.Payload!) {
    events.push(...Object.keys(event));
    if (event.Records?.Payload) pieces.push(event.Records.Payload);
    if (event.Stats) stats = event.Stats.Details;
  }
  return { text: Buffer.concat(pieces).toString(), events, stats };
}

async function withObject(Body: string | Buffer): Promise<string> {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));
  return Bucket;
}

test('records of CSV are chosen by their fields, and what it took is told', async () => {
  const Bucket = await withObject(people);
  const { text, events, stats } = await select(
    Bucket,
    "SELECT s.name, s.age FROM S3Object s WHERE CAST(s._2 AS STRING) <> 'x'",
    {
      RequestProgress: { Enabled: true },
    },
  );
  assert.equal(text, '{"name":"Ann","age":"31"}\n{"name":"Bob","age":"7"}\n');
  assert.deepEqual(events, ['Records', 'Progress', 'Stats', 'End']);
  const { length } = Buffer.from(people);
  assert.deepEqual(stats, { BytesScanned: length, BytesProcessed: length, BytesReturned: Buffer.byteLength(text) });
});

test('whole records keep their fields, as CSV or as JSON', async () => {
  const Bucket = await withObject(people);
  const asCsv = await select(Bucket, 'SELECT * FROM S3Object', { OutputSerialization: { CSV: {} } });
  assert.equal(asCsv.text, 'Ann,31,"Rome, Italy"\nBob,7,\n"Ce""c",x,Oslo\n');
  const none = await select(Bucket, 'SELECT * FROM S3Object s LIMIT 1', { InputSerialization: { CSV: {} } });
  assert.equal(none.text, '{"_1":"name","_2":"age","_3":"city"}\n');
});

test('aggregates, functions and casts', async () => {
  const Bucket = await withObject(people);
  const sums = "SELECT COUNT(*), SUM(CAST(age AS INT)) AS total FROM S3Object WHERE city <> 'Oslo'";
  assert.equal((await select(Bucket, sums)).text, '{"_1":2,"total":38}\n');
  const words =
    "SELECT UPPER(name), SUBSTRING(city FROM 1 FOR 4), COALESCE(NULLIF(city, ''), 'none') FROM S3Object WHERE name LIKE '_o%' OR age = 31";
  assert.equal(
    (await select(Bucket, words, { OutputSerialization: { CSV: { QuoteFields: 'ALWAYS' } } })).text,
    '"ANN","Rome","Rome, Italy"\n"BOB","","none"\n',
  );
});

test('JSON by paths, in lines and in documents', async () => {
  const Bucket = await withObject(lines);
  const paths = 'SELECT s.a, s.b."c/d"[0] AS x, s.z IS NULL AS n, s.z IS MISSING AS m FROM S3Object s';
  assert.equal(
    (await select(Bucket, paths, { InputSerialization: json })).text,
    '{"a":1,"x":"x","n":true,"m":true}\n{"a":"two","n":true,"m":false}\n{"a":3.5,"n":true,"m":true}\n',
  );
  const inside = 'SELECT d.i FROM S3Object[*].l[*] d WHERE d.i > 1';
  const Document = { InputSerialization: { JSON: { Type: 'DOCUMENT' } } } as const;
  assert.equal((await select(Bucket, inside, Document)).text, '{"i":2}\n');
});

test('gzip is read, and what only claims to be is an error', async () => {
  const gzip = { InputSerialization: { ...csv, CompressionType: 'GZIP' } } as const;
  const Bucket = await withObject(gzipSync(people));
  const { text, stats } = await select(Bucket, 'SELECT COUNT(*) FROM S3Object', gzip);
  assert.equal(text, '{"_1":3}\n');
  assert.equal(stats?.BytesProcessed, Buffer.byteLength(people));
  const plain = await withObject(people);
  await assert.rejects(select(plain, 'SELECT * FROM S3Object', gzip), isFailure('TruncatedInput', 400));
});

test('scan ranges share the records among them, each in one', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => `row-${i},${'ä'.repeat(i % 7)}`);
  const body = Buffer.from(`${rows.join('\n')}\n`);
  const Bucket = await withObject(body);
  const found: string[] = [];
  const step = 301;
  for (let Start = 0; Start < body.length; Start += step) {
    const { text } = await select(Bucket, 'SELECT _1 FROM S3Object', {
      InputSerialization: { CSV: {} },
      OutputSerialization: { CSV: {} },
      ScanRange: { Start, End: Math.min(Start + step - 1, body.length) },
    });
    found.push(...text.split('\n').filter((line) => line !== ''));
  }
  assert.deepEqual(
    found,
    rows.map((row) => row.split(',')[0]),
  );
});

test('large answers come in several messages, and a limit ends the reading early', async () => {
  const body = Array.from({ length: 60_000 }, (_, i) => `{"n":${i},"text":"${'x'.repeat(40)}"}\n`).join('');
  const Bucket = await withObject(body);
  const all = await select(Bucket, 'SELECT * FROM S3Object', { InputSerialization: json });
  assert.equal(all.text, body);
  assert.ok(all.events.filter((name) => name === 'Records').length > 3);
  const one = await select(Bucket, 'SELECT s.n FROM S3Object s LIMIT 1', { InputSerialization: json });
  assert.equal(one.text, '{"n":0}\n');
  assert.ok((one.stats?.BytesScanned ?? 0) < body.length);
});

test('what S3 Select does not take has its codes', async () => {
  const Bucket = await withObject(people);
  const failing: readonly (readonly [string, string, Partial<SelectObjectContentCommandInput>?])[] = [
    ['SELECT * FROM elsewhere', 'InvalidDataSource'],
    ['SELECT FROM S3Object', 'ParseUnexpectedToken'],
    ["SELECT 'open FROM S3Object", 'LexerInvalidChar'],
    ['SELECT foo(1) FROM S3Object', 'UnsupportedFunction'],
    ['SELECT name FROM S3Object ORDER BY name', 'UnsupportedSyntax'],
    ['SELECT name, COUNT(*) FROM S3Object', 'UnsupportedSyntax'],
    ['SELECT CAST(age AS INT) FROM S3Object', 'CastFailed'],
    ['SELECT nope FROM S3Object', 'InvalidColumnIndex'],
    ['SELECT * FROM S3Object', 'JSONParsingError', { InputSerialization: json }],
    ['SELECT * FROM S3Object', 'ParquetParsingError', { InputSerialization: { Parquet: {} } }],
    ['SELECT * FROM S3Object', 'InvalidExpressionType', { ExpressionType: 'XQUERY' as never }],
    ['SELECT * FROM S3Object', 'InvalidScanRange', { ScanRange: { Start: 5, End: 4 } }],
    ['SELECT * FROM S3Object', 'InvalidDataSource', { InputSerialization: {} }],
    [`SELECT '${'x'.repeat(256 * 1024)}' FROM S3Object`, 'ExpressionTooLong'],
  ];
  for (const [expression, code, more] of failing) {
    await assert.rejects(select(Bucket, expression, more), isFailure(code, 400), expression.slice(0, 80));
  }
  const notText = await withObject(Buffer.from([0x61, 0xff, 0xfe, 0x0a]));
  const rest = { InputSerialization: { CSV: {} } };
  await assert.rejects(select(notText, 'SELECT * FROM S3Object', rest), isFailure('InvalidTextEncoding', 400));
});

test('a failure after the first records is a message', async () => {
  const body = `${'{"n":"1"}\n'.repeat(30_000)}{"n":"x"}\n`;
  const Bucket = await withObject(body);
  await assert.rejects(
    select(Bucket, 'SELECT CAST(s.n AS INT) FROM S3Object s', { InputSerialization: json }),
    (error: Error) => error.name === 'CastFailed' || /CAST|convert/i.test(error.message),
  );
});

test('a query that runs too long is ended, and its turn is another’s', async () => {
  // Shorter than it takes to start one.
  await using server = await startS3Server({ longestSelectMilliseconds: 1 });
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'slow' }));
  await s3.send(new PutObjectCommand({ Bucket: 'slow', Key: 'k', Body: people }));
  for (let i = 0; i < 3; i++) {
    await assert.rejects(select('slow', 'SELECT * FROM S3Object', {}, s3), isFailure('ExternalEvalException', 400));
  }
});

test('reading is what it takes, and the very version counts', async () => {
  const Bucket = await withObject(people);
  const stranger = await shared.server.stranger('selector');
  const attempt = () => select(Bucket, 'SELECT COUNT(*) FROM S3Object', {}, stranger);
  await assert.rejects(attempt(), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetObject' }]);
  assert.equal((await attempt()).text, '{"_1":3}\n');
  await givePolicy(shared.server, Bucket, [
    {
      Effect: 'Allow',
      Action: 's3:GetObject',
      Condition: { StringEquals: { 's3:ExistingObjectTag/open': 'yes' } },
    },
  ]);
  await assert.rejects(attempt(), isFailure('AccessDenied', 403));
});
