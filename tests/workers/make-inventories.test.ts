import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketInventoryConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { parseSelect } from '../../src/domain/select/parse-select.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { duckDbQueryEngine } from '../../src/engines/query/duckdb/duckdb-query-engine.ts';
import { sourceOf } from '../../src/foundation/bytes.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { policySetting } from '../../src/records/bucket-setting.ts';
import { BucketPolicies } from '../../src/services/authorization/bucket-policies.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { InventoryRequests } from '../../src/services/inventory/inventory-requests.ts';
import { type InventoryPace, InventoryService } from '../../src/services/inventory/inventory-service.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

const day = 86_400_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const queries = duckDbQueryEngine({
  directory: tmpdir(),
  memoryDirectory: undefined,
  logger: quiet,
  clock: systemClock,
});

interface Surroundings {
  readonly server: TestServer;
  readonly s3: ReturnType<TestServer['client']>;
  now: number;
  make(pace?: Partial<InventoryPace>): Promise<number>;
  /** The same in another process. */
  makeBeside(pace?: Partial<InventoryPace>): Promise<number>;
  readonly requests: InventoryRequests;
  keys(): Promise<string[]>;
  read(key: string): Promise<Buffer>;
}

/** A bucket `source` and a bucket `lists` that takes lists of it. */
async function surroundings(
  test: { after(fn: () => Promise<void>): void },
  { beforeEachCall = async () => {} }: { beforeEachCall?: () => Promise<void> } = {},
): Promise<Surroundings> {
  const times = { now: Date.UTC(2026, 0, 2, 3, 4, 5) };
  const clock = {
    now: () => times.now,
    sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
  const server = await startS3Server({ clock: { ...clock, now: () => Date.now() } });
  test.after(async () => {
    await server[Symbol.asyncDispose]();
  });
  const s3 = server.client();
  for (const Bucket of ['source', 'lists']) await s3.send(new CreateBucketCommand({ Bucket }));
  await allow(server, 'source');
  const metadata = interrupted(server.context.metadata, beforeEachCall);
  const context = { ...server.context, clock, metadata };
  const makeIn =
    (process: ServiceContext) =>
    (pace: Partial<InventoryPace> = {}): Promise<number> => {
      const settings = new BucketSettings(process);
      const inventories = new InventoryService(process, {
        buckets: new BucketService(process),
        settings,
        policies: new BucketPolicies(settings),
        objects: new ObjectService(process),
        queries,
      });
      const signal = new AbortController().signal;
      return inventories.makeDue({
        dayMilliseconds: day,
        rowsPerFile: 1000,
        signal,
        progress() {},
        count() {},
        ...pace,
      });
    };
  return {
    server,
    s3,
    requests: new InventoryRequests({ ...server.context, clock }),
    get now() {
      return times.now;
    },
    set now(value) {
      times.now = value;
    },
    make: makeIn(context),
    makeBeside: makeIn({ ...server.context, clock }),
    async keys() {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'lists' }));
      return Contents.map(({ Key }) => Key!);
    },
    async read(Key) {
      const answer = await s3.send(new GetObjectCommand({ Bucket: 'lists', Key }));
      return Buffer.from(await answer.Body!.transformToByteArray());
    },
  };
}

/** Something else happens before each call of the engine. */
function interrupted(inner: MetadataEngine, beforeEachCall: () => Promise<void>): MetadataEngine {
  return {
    async get(key) {
      await beforeEachCall();
      return inner.get(key);
    },
    async range(span) {
      await beforeEachCall();
      return inner.range(span);
    },
    snapshot: (body) => inner.snapshot(body),
    async transact(body) {
      await beforeEachCall();
      return inner.transact(body);
    },
    close: () => inner.close(),
  };
}

/** As AWS's documentation has it. */
async function allow(server: TestServer, source: string): Promise<void> {
  const bucket = await new BucketService(server.context).get('lists');
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::lists/*',
    Condition: {
      ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${source}` },
      StringEquals: { 'aws:SourceAccount': bucket.ownerAccountId, 's3:x-amz-acl': 'bucket-owner-full-control' },
    },
  };
  const value = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await new BucketSettings(server.context).write(bucket, { setting: policySetting, value });
}

async function configure(
  { s3 }: Surroundings,
  more: { format?: 'CSV' | 'Parquet'; versions?: 'All' | 'Current'; fields?: string[]; enabled?: boolean } = {},
): Promise<void> {
  await s3.send(
    new PutBucketInventoryConfigurationCommand({
      Bucket: 'source',
      Id: 'daily',
      InventoryConfiguration: {
        Id: 'daily',
        IsEnabled: more.enabled ?? true,
        IncludedObjectVersions: more.versions ?? 'Current',
        Schedule: { Frequency: 'Daily' },
        OptionalFields: (more.fields ?? ['Size', 'ETag']) as never,
        Destination: {
          S3BucketDestination: { Bucket: 'arn:aws:s3:::lists', Format: more.format ?? 'CSV', Prefix: 'made' },
        },
      },
    }),
  );
}

interface Manifest {
  readonly sourceBucket: string;
  readonly destinationBucket: string;
  readonly creationTimestamp: string;
  readonly fileFormat: string;
  readonly fileSchema: string;
  readonly files: readonly { key: string; size: number; MD5checksum: string }[];
}

const folder = 'made/source/daily';

async function readList(place: Surroundings, moment = '2026-01-02T03-04Z') {
  const bytes = await place.read(`${folder}/${moment}/manifest.json`);
  const sum = await place.read(`${folder}/${moment}/manifest.checksum`);
  assert.equal(sum.toString(), createHash('md5').update(bytes).digest('hex'));
  const manifest = JSON.parse(bytes.toString()) as Manifest;
  const files: Buffer[] = [];
  for (const { key, size, MD5checksum } of manifest.files) {
    const file = await place.read(key);
    assert.deepEqual([file.length, createHash('md5').update(file).digest('hex')], [size, MD5checksum]);
    files.push(file);
  }
  return { manifest, files };
}

const rowsOf = (files: readonly Buffer[]) =>
  files.flatMap((file) =>
    gunzipSync(file)
      .toString()
      .trimEnd()
      .split('\n')
      .filter((line) => line !== ''),
  );

async function assertSound({ server }: Surroundings): Promise<void> {
  const { metadata, blobs } = server.context;
  await server.reclaim();
  for await (const { message } of verifyStore({ metadata, blobs }, { bytes: true })) assert.fail(message);
}

test('a list of a bucket is laid out as AWS lays it out', async (t) => {
  const place = await surroundings(t);
  for (const Key of ['a', 'b c/ü', 'quote"d'])
    await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: Key }));
  await configure(place);
  assert.equal(await place.make(), 1);
  const { manifest, files } = await readList(place);
  assert.equal(manifest.sourceBucket, 'source');
  assert.equal(manifest.destinationBucket, 'arn:aws:s3:::lists');
  assert.equal(manifest.creationTimestamp, String(place.now));
  assert.equal(manifest.fileSchema, 'Bucket, Key, Size, ETag');
  const etag = (text: string) => createHash('md5').update(text).digest('hex');
  assert.deepEqual(rowsOf(files), [
    `"source","a","1","${etag('a')}"`,
    `"source","b%20c/%C3%BC","6","${etag('b c/ü')}"`,
    `"source","quote%22d","7","${etag('quote"d')}"`,
  ]);
  assert.equal(
    (await place.read(`${folder}/hive/dt=2026-01-02-03-04/symlink.txt`)).toString(),
    `s3://lists/${manifest.files[0]!.key}\n`,
  );
  await assertSound(place);
});

test('the next list comes a day later, and sooner when it is asked for', async (t) => {
  const place = await surroundings(t);
  await configure(place);
  assert.equal(await place.make(), 1);
  assert.equal(await place.make(), 0);
  place.now += day - 1;
  assert.equal(await place.make(), 0);
  place.now += 1;
  assert.equal(await place.make(), 1);
  place.now += 60_000;
  await place.requests.request('source', 'daily');
  assert.equal(await place.make(), 1);
  assert.equal(await place.make(), 0);
  assert.equal((await place.requests.state('source', 'daily')).lastFinishedAt, place.now);
  await configure(place, { enabled: false });
  place.now += 2 * day;
  assert.equal(await place.make(), 0);
});

test('versions and delete markers, with all fields', async (t) => {
  const place = await surroundings(t);
  await place.s3.send(
    new PutBucketVersioningCommand({ Bucket: 'source', VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const first = await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'k', Body: 'one' }));
  const marker = await place.s3.send(new DeleteObjectCommand({ Bucket: 'source', Key: 'k' }));
  const fields = [
    'StorageClass',
    'IsMultipartUploaded',
    'EncryptionStatus',
    'ChecksumAlgorithm',
    'ObjectOwner',
    'ObjectAccessControlList',
  ];
  await configure(place, { versions: 'All', fields });
  await place.make();
  const { manifest, files } = await readList(place);
  assert.equal(
    manifest.fileSchema,
    'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, StorageClass, IsMultipartUploaded, EncryptionStatus, ChecksumAlgorithm, ObjectAccessControlList, ObjectOwner',
  );
  const { canonicalId } = await place.server.identity.resolveAccount('root');
  const rows = rowsOf(files).map((line) => line.slice(1, -1).split('","'));
  assert.deepEqual(rows[0], ['source', 'k', marker.VersionId, 'true', 'true', '', '', '', '', '', canonicalId]);
  assert.deepEqual(rows[1]?.slice(2, 9), [first.VersionId, 'false', 'false', 'STANDARD', 'false', 'NOT-SSE', 'CRC32']);
  const acl = JSON.parse(Buffer.from(rows[1]![9]!, 'base64').toString());
  assert.deepEqual(acl.grants, [{ canonicalId, permission: 'FULL_CONTROL', type: 'CanonicalUser' }]);
});

test('a list that is cut off goes on behind its last file, and tells each object once', async (t) => {
  const place = await surroundings(t);
  const keys = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, '0')}`);
  for (const Key of keys) await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'x' }));
  await configure(place, { fields: [] });
  for (let round = 0; round < 10; round++) {
    const stop = new AbortController();
    let files = 0;
    const made = await place.make({
      rowsPerFile: 7,
      signal: stop.signal,
      progress() {
        if (++files === 1) stop.abort();
      },
    });
    if (made === 1) break;
  }
  const { files } = await readList(place);
  assert.equal(files.length, 4);
  assert.deepEqual(
    rowsOf(files),
    keys.map((key) => `"source","${key}"`),
  );
  await assertSound(place);
});

test('a destination that does not let S3 write gets nothing, and the reason is kept', async (t) => {
  const place = await surroundings(t);
  await allow(place.server, 'another-source');
  await configure(place);
  assert.equal(await place.make(), 0);
  assert.deepEqual(await place.keys(), []);
  assert.match((await place.requests.state('source', 'daily')).problem ?? '', /policy/);
  await allow(place.server, 'source');
  assert.equal(await place.make(), 0);
  place.now += day;
  assert.equal(await place.make(), 1);
  assert.equal((await place.requests.state('source', 'daily')).problem, undefined);
});

test('a list in Parquet can be read as such', async (t) => {
  const place = await surroundings(t);
  for (const Key of ['a', 'ü']) await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: Key }));
  await configure(place, { format: 'Parquet', versions: 'All', fields: ['Size', 'LastModifiedDate'] });
  await place.make();
  const { manifest, files } = await readList(place);
  assert.match(manifest.files[0]!.key, /\.parquet$/);
  assert.match(manifest.fileSchema, /^message s3\.inventory \{ {2}required binary bucket \(UTF8\);/);
  const running = queries.start(
    {
      query: parseSelect('SELECT t.key, t.size, t.is_latest FROM S3Object t'),
      input: { kind: 'parquet' },
      output: { kind: 'json', recordDelimiter: '\n' },
      range: undefined,
      headerLine: undefined,
      now: 0,
      isSecret: false,
    },
    sourceOf(files[0]!),
  );
  const pieces: Buffer[] = [];
  try {
    await running.answer((records) => {
      pieces.push(Buffer.from(records));
    });
  } finally {
    await running.stop();
  }
  assert.equal(
    Buffer.concat(pieces).toString(),
    '{"key":"a","size":1,"is_latest":true}\n{"key":"ü","size":2,"is_latest":true}\n',
  );
});

/** Every key that a finished list tells. */
async function listedKeys(place: Surroundings): Promise<Set<string>> {
  const found = new Set<string>();
  for (const key of (await place.keys()).filter((name) => name.endsWith('manifest.json'))) {
    const { files } = JSON.parse((await place.read(key)).toString()) as Manifest;
    const rows = rowsOf(await Promise.all(files.map((file) => place.read(file.key))));
    for (const row of rows) found.add(row.slice(1, -1).split('","')[1]!);
  }
  return found;
}

interface Asked {
  /** How many objects there are when the list is begun. */
  readonly objects: number;
  /** Whether the destination takes nothing until the list is asked for. */
  readonly isRefused: boolean;
}

/** Whether a list that was asked for before a call of the engine, at the latest, tells what was there by then. */
async function askAt(t: { after(fn: () => Promise<void>): void }, call: number, { objects, isRefused }: Asked) {
  let calls = -1;
  const place = await surroundings(t, {
    async beforeEachCall() {
      if (calls < 0 || calls++ !== call) return;
      await allow(place.server, 'source');
      await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'put-before-asking', Body: 'x' }));
      await place.requests.request('source', 'daily');
    },
  });
  for (let i = 0; i < objects; i++) {
    await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key: `k${i}`, Body: 'x' }));
  }
  await configure(place, { fields: [] });
  if (isRefused) await allow(place.server, 'another-source');
  calls = 0;
  await place.make();
  const wasReached = calls > call;
  calls = -1;
  place.now += 60_000;
  await place.make();
  return { wasReached, isListed: (await listedKeys(place)).has('put-before-asking') };
}

for (const asked of [
  { objects: 0, isRefused: false },
  { objects: 2, isRefused: false },
  { objects: 2, isRefused: true },
]) {
  const what = asked.isRefused ? 'is refused' : `of ${asked.objects} objects is made`;
  test(`a list that is asked for while one ${what} is made, whenever it was asked for`, async (t) => {
    const lost: number[] = [];
    let call = 0;
    for (; ; call++) {
      const { wasReached, isListed } = await askAt(t, call, asked);
      if (!wasReached) break;
      if (!isListed) lost.push(call);
    }
    assert.ok(call > 5, 'the engine was called');
    assert.deepEqual(lost, []);
  });
}

test('a list that was asked for goes on after it was cut off, though it be not enabled', async (t) => {
  const place = await surroundings(t);
  for (const Key of ['a', 'b']) await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'x' }));
  await configure(place, { fields: [], enabled: false });
  await place.requests.request('source', 'daily');
  const stop = new AbortController();
  assert.equal(await place.make({ rowsPerFile: 1, signal: stop.signal, progress: () => stop.abort() }), 0);
  assert.equal(await place.make({ rowsPerFile: 1 }), 1);
  assert.deepEqual([...(await listedKeys(place))], ['a', 'b']);
});

test('a list that is asked for while one was cut off is made when that one is', async (t) => {
  const place = await surroundings(t);
  for (const Key of ['b', 'c']) await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'x' }));
  await configure(place, { fields: [] });
  const stop = new AbortController();
  await place.make({ rowsPerFile: 1, signal: stop.signal, progress: () => stop.abort() });
  await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'a', Body: 'x' }));
  await place.requests.request('source', 'daily');
  assert.equal(await place.make(), 1);
  place.now += 60_000;
  assert.equal(await place.make(), 1);
  assert.deepEqual([...(await listedKeys(place))].sort(), ['a', 'b', 'c']);
});

test('a list that its changed configuration cut off is begun anew', async (t) => {
  const place = await surroundings(t);
  for (const Key of ['a', 'b']) await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'x' }));
  await configure(place, { fields: [] });
  const stop = new AbortController();
  await place.make({ rowsPerFile: 1, signal: stop.signal, progress: () => stop.abort() });
  place.now += 60_000;
  await configure(place, { fields: [], versions: 'All' });
  assert.equal(await place.make(), 1);
  assert.deepEqual([...(await listedKeys(place))], ['a', 'b']);
});

test('of two processes that make the same list one goes on, and the other leaves it alone', async (t) => {
  let isOthersTurn = false;
  const stop = new AbortController();
  const place = await surroundings(t, {
    async beforeEachCall() {
      if (!isOthersTurn) return;
      isOthersTurn = false;
      await place.makeBeside({ rowsPerFile: 1, signal: stop.signal, progress: () => stop.abort() });
    },
  });
  for (const Key of ['a', 'b', 'c']) await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'x' }));
  await configure(place, { fields: [] });
  const progress = () => {
    isOthersTurn = true;
  };
  assert.equal(await place.make({ rowsPerFile: 1, progress }), 0);
  assert.ok(stop.signal.aborted, 'the other one made a file');
  const { problem, run } = await place.requests.state('source', 'daily');
  assert.deepEqual([problem, run?.rows], [undefined, 2]);
  assert.equal(await place.make({ rowsPerFile: 1 }), 1);
  assert.deepEqual([...(await listedKeys(place))], ['a', 'b', 'c']);
  await assertSound(place);
});

/** Lists whose rows have other columns than their manifest says. */
async function mixedLists(place: Surroundings): Promise<string[]> {
  const mixed: string[] = [];
  for (const key of (await place.keys()).filter((name) => name.endsWith('manifest.json'))) {
    const { files, fileSchema } = JSON.parse((await place.read(key)).toString()) as Manifest;
    const rows = rowsOf(await Promise.all(files.map((file) => place.read(file.key))));
    if (rows.some((row) => row.split(',').length !== fileSchema.split(', ').length)) mixed.push(key);
  }
  return mixed;
}

test('a list is made to the end as it was begun, or begun anew, whenever its configuration changes', async (t) => {
  const mixed: string[] = [];
  let at = 0;
  for (let wasReached = true; wasReached; at++) {
    let calls = -1;
    const place = await surroundings(t, {
      async beforeEachCall() {
        if (calls >= 0 && calls++ === at) await configure(place, { fields: ['Size', 'ETag'] });
      },
    });
    for (const Key of ['a', 'b']) await place.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'x' }));
    await configure(place, { fields: [] });
    const stop = new AbortController();
    await place.make({ rowsPerFile: 1, signal: stop.signal, progress: () => stop.abort() });
    calls = 0;
    await place.make({ rowsPerFile: 1 });
    wasReached = calls > at;
    calls = -1;
    place.now += 60_000;
    await place.make({ rowsPerFile: 1 });
    mixed.push(...(await mixedLists(place)).map((key) => `${key} at call ${at}`));
  }
  assert.ok(at > 5, 'the engine was called');
  assert.deepEqual(mixed, []);
});
