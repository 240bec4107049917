import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../../src/domain/errors.ts';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { ByteSource } from '../../src/foundation/bytes.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { versionIdOf } from '../../src/records/version-record.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { ContentGoneError } from '../../src/services/content/read-content.ts';
import { reclaimDue } from '../../src/services/content/reclaim.ts';
import { IdentityService } from '../../src/services/identity/identity-service.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import { UploadService } from '../../src/services/uploads/upload-service.ts';
import { seededRandom } from '../s3-server.ts';
import { isKind } from '../signing/is-kind.ts';
import { auditEmpty, auditStorage } from './storage-audit.ts';

/** One version as the model knows it; `body` undefined: a delete marker. */
interface ModelVersion {
  readonly id: string;
  readonly body: string | undefined;
}

type Versioning = 'unversioned' | 'enabled' | 'suspended';

/** What S3's documentation says of versions, over a plain map: versions of each key, newest first. */
class VersioningModel {
  readonly keys = new Map<string, ModelVersion[]>();
  versioning: Versioning = 'unversioned';

  versions(key: string): ModelVersion[] {
    return this.keys.get(key) ?? [];
  }

  /** `id`: what the store called it, which has to be `null` unless versioning is on. */
  insert(key: string, version: ModelVersion): void {
    const replaced = this.versioning === 'enabled' ? this.versions(key) : this.#without(key, 'null');
    this.keys.set(key, [version, ...replaced]);
  }

  remove(key: string, id: string): void {
    this.keys.set(key, this.#without(key, id));
  }

  current(key: string): string | undefined {
    return this.versions(key)[0]?.body;
  }

  #without(key: string, id: string): ModelVersion[] {
    return this.versions(key).filter((version) => version.id !== id);
  }
}

interface Store {
  readonly context: ServiceContext;
  readonly buckets: BucketService;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly bucket: BucketRecord;
  advance(milliseconds: number): void;
  reclaim(): Promise<void>;
}

async function openStore(seed: number): Promise<Store> {
  let now = 1_700_000_000_000;
  const clock = { now: () => now, sleep: async () => {} };
  const random = seededRandom(`store ${seed}`);
  const context: ServiceContext = {
    metadata: memoryMetadataEngine({ lateAnswers: true, conflictRate: 0.2, random: seededRandom(`engine ${seed}`) }),
    blobs: memoryBlobEngine({ clock }),
    clock,
    random,
    logger: { debug() {}, info() {}, warn() {}, error: ({ err }) => assert.fail(String(err)) },
    // Bodies of up to four bytes are inline, longer ones are blobs: the models' bodies are of both kinds.
    storage: { inlineBytes: 4, reclaimGraceMilliseconds: 0 },
    subscribers: [],
  };
  const secrets = new SecretBox(Buffer.alloc(32, 7), random);
  const identity = new IdentityService({ metadata: context.metadata, clock, random, secrets });
  await identity.createAccount({ name: 'owner', accountId: '123456789012' });
  const buckets = new BucketService(context);
  const bucket = await buckets.create('model', { accountId: '123456789012', region: 'r', locationConstraint: '' });
  return {
    context,
    buckets,
    objects: new ObjectService(context),
    uploads: new UploadService(context),
    bucket,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    async reclaim() {
      while ((await reclaimDue(context)).reclaimed > 0);
    },
  };
}

const description = { headers: {}, userMetadata: [], storageClass: 'STANDARD', tags: [] };
const noConditions = {};

function sourceOf(text: string): ByteSource {
  const bytes = Buffer.from(text);
  return {
    length: bytes.length,
    pour: async (sink) => void (await sink(Buffer.from(bytes))),
    collect: async () => bytes,
  };
}

async function freshBucket({ buckets }: Store): Promise<BucketRecord> {
  return buckets.get('model');
}

/** Each answers whether it did something; refusals that S3 has for its own reasons count as nothing done. */
async function put(store: Store, key: string, body: string): Promise<string> {
  const bucket = await freshBucket(store);
  const staged = await store.objects.stage(sourceOf(body), []);
  const request = { bucket, key, ownerAccountId: 'a', description, conditions: noConditions, checksum: undefined };
  return versionIdOf(await store.objects.commit(staged, request));
}

async function multipart(
  store: Store,
  key: string,
  { body, end }: { body: string; end: 'complete' | 'abort' | 'abandon' },
) {
  const { uploads, objects } = store;
  const bucket = await freshBucket(store);
  const made = { bucket, key, ownerAccountId: 'a', description, checksumAlgorithm: undefined, checksumType: undefined };
  const address = { bucket, key, uploadId: await uploads.create(made) };
  // Two parts, the first one twice; only the last is named, so that the other is left for reclaim.
  for (const [partNumber, text] of [
    [1, `${body} one`],
    [1, 'again'],
    [2, body],
  ] as const) {
    const staged = await objects.stage(sourceOf(text), []);
    await uploads.commitPart(staged, { ...address, partNumber, checksum: undefined });
  }
  if (end === 'abandon') return undefined;
  if (end === 'abort') {
    await uploads.abort(address);
    return undefined;
  }
  const { parts } = await uploads.listParts(address, { after: 1, limit: 1 });
  const expected = { size: undefined, checksum: undefined, checksumType: undefined };
  const requested = [{ partNumber: 2, etag: parts[0]!.etag, checksum: undefined }];
  return uploads.complete({ ...address, parts: requested, conditions: noConditions, expected });
}

async function remove(store: Store, key: string, versionId?: string) {
  const request = { bucket: await freshBucket(store), ownerAccountId: 'a' };
  return store.objects.delete(request, { key, versionId, conditions: noConditions });
}

async function copy(store: Store, from: string, to: string): Promise<string | undefined> {
  const bucket = await freshBucket(store);
  try {
    const version = await store.objects.head({ bucket, key: from, versionId: undefined });
    const source = { bucket, key: from, version };
    const request = { source, bucket, key: to, ownerAccountId: 'a', description, conditions: noConditions };
    return versionIdOf(await store.objects.copy({ ...request, checksumAlgorithm: undefined }));
  } catch (error) {
    // Replaced between the two calls: what the S3 layer tries again.
    if (error instanceof ContentGoneError) return undefined;
    if (error instanceof StorageError && error.kind === 'NoSuchKey') return undefined;
    throw error;
  }
}

type Step =
  | { readonly kind: 'put' | 'multipart' | 'abort' | 'abandon'; readonly key: string; readonly body: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'delete-version'; readonly key: string; readonly index: number }
  | { readonly kind: 'copy'; readonly key: string; readonly to: string }
  | { readonly kind: 'versioning'; readonly status: 'enabled' | 'suspended' }
  | { readonly kind: 'reclaim' };

const key = fc.constantFrom('a', 'a/b', 'b');
const body = fc.constantFrom('', 'in', 'body', 'a longer body', 'the longest body of all');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), key, body }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('multipart' as const, 'abort' as const, 'abandon' as const),
      key,
      body,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete-version' as const), key, index: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('copy' as const), key, to: key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('versioning' as const),
      status: fc.constantFrom('enabled' as const, 'suspended' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reclaim' as const) }) },
);

/** Takes the step on the store and on the model. */
async function take(step: Step, store: Store, model: VersioningModel): Promise<void> {
  switch (step.kind) {
    case 'put':
      model.insert(step.key, { id: await put(store, step.key, step.body), body: step.body });
      return;
    case 'multipart': {
      const completed = await multipart(store, step.key, { body: step.body, end: 'complete' });
      model.insert(step.key, { id: completed?.versionId ?? 'null', body: step.body });
      return;
    }
    case 'abort':
    case 'abandon':
      await multipart(store, step.key, { body: step.body, end: step.kind });
      return;
    case 'copy': {
      const copied = model.current(step.key);
      const id = await copy(store, step.key, step.to);
      assert.equal(id === undefined, copied === undefined);
      if (id !== undefined) model.insert(step.to, { id, body: copied });
      return;
    }
    case 'delete': {
      const { versionId, deleteMarker } = await remove(store, step.key);
      assert.equal(deleteMarker, model.versioning !== 'unversioned');
      if (model.versioning === 'unversioned') model.remove(step.key, 'null');
      else model.insert(step.key, { id: versionId!, body: undefined });
      return;
    }
    case 'delete-version': {
      const version = model.versions(step.key)[step.index];
      const deletion = await remove(store, step.key, version?.id ?? 'null');
      if (version) assert.equal(deletion.deleteMarker, version.body === undefined);
      model.remove(step.key, version?.id ?? 'null');
      return;
    }
    case 'versioning':
      await store.buckets.setVersioning(await freshBucket(store), step.status);
      model.versioning = step.status;
      return;
    case 'reclaim':
      await store.reclaim();
  }
}

async function readBody(store: Store, key: string, versionId: string | undefined): Promise<string> {
  const { version, content } = await store.objects.open({ bucket: await freshBucket(store), key, versionId });
  const pieces: Buffer[] = [];
  await content.pour({ offset: 0, length: version.size }, (piece) => void pieces.push(Buffer.from(piece)));
  await content.close();
  return Buffer.concat(pieces).toString();
}

/** Every version, in order, with its bytes; what is newest; what a plain listing shows. */
async function compare(store: Store, model: VersioningModel): Promise<void> {
  const query = { bucketId: store.bucket.id, prefix: '', delimiter: undefined, after: undefined, limit: 1000 };
  const { items } = await store.objects.listVersions(query);
  const listed = items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
  const expected = [...model.keys]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap(([key, versions]) =>
      versions.map(({ id, body }, i) => ({ key, id, isLatest: i === 0, isMarker: body === undefined })),
    );
  assert.deepEqual(
    listed.map(({ key, version, isLatest }) => ({
      key,
      id: versionIdOf(version),
      isLatest,
      isMarker: version.kind === 'delete-marker',
    })),
    expected,
  );
  for (const [key, versions] of model.keys) {
    for (const { id, body } of versions) if (body !== undefined) assert.equal(await readBody(store, key, id), body);
    const current = model.current(key);
    if (current === undefined) await assert.rejects(readBody(store, key, undefined), { kind: 'NoSuchKey' });
    else assert.equal(await readBody(store, key, undefined), current);
  }
  const page = await store.objects.list(query);
  const shown = page.items.flatMap((item) => (item.kind === 'entry' ? [item.entry.key] : []));
  assert.deepEqual(shown.sort(), [...model.keys.keys()].filter((key) => model.current(key) !== undefined).sort());
}

async function deleteEverything(store: Store): Promise<void> {
  const query = { bucketId: store.bucket.id, prefix: '', delimiter: undefined, after: undefined, limit: 1000 };
  const { items } = await store.objects.listVersions(query);
  for (const item of items) {
    if (item.kind === 'entry') await remove(store, item.entry.key, versionIdOf(item.entry.version));
  }
  await store.buckets.delete(await freshBucket(store));
  // Completed uploads are remembered for a day.
  store.advance(2 * 86_400_000);
  await store.reclaim();
  await auditEmpty(store.context);
}

test('the versions of keys are what S3 says, whatever is done to them; sums are exact and nothing leaks', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 25, size: 'max' });
  await fc.assert(
    fc.asyncProperty(fc.nat(), steps, async (seed, steps) => {
      const store = await openStore(seed);
      const model = new VersioningModel();
      for (const step of steps) {
        await take(step, store, model);
        store.advance(steps.length % 2);
        await compare(store, model);
        await auditStorage(store.context, store.bucket.id);
      }
      await store.reclaim();
      await compare(store, model);
      await auditStorage(store.context, store.bucket.id);
      await deleteEverything(store);
    }),
    { numRuns: 60 },
  );
});

test('steps that run side by side keep all sums exact, and nothing leaks', async () => {
  const steps = fc.array(fc.array(step, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.nat(), steps, async (seed, rounds) => {
      const store = await openStore(seed);
      for (const round of rounds) {
        const taken = await Promise.allSettled(round.map((step) => takeAlone(step, store)));
        for (const result of taken) if (result.status === 'rejected') throw result.reason;
        await auditStorage(store.context, store.bucket.id);
        store.advance(1);
      }
      await store.reclaim();
      await auditStorage(store.context, store.bucket.id);
      await deleteEverything(store);
    }),
    { numRuns: 60 },
  );
});

test('an upload that is aborted while its deleted bucket is reclaimed ends once', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const store = await openStore(seed);
    const { bucket } = store;
    const made = { bucket, key: 'k', ownerAccountId: 'a', description };
    const begin = () => store.uploads.create({ ...made, checksumAlgorithm: undefined, checksumType: undefined });
    const address = { bucket, key: 'k', uploadId: await begin() };
    const staged = await store.objects.stage(sourceOf('a part of an upload'), []);
    await store.uploads.commitPart(staged, { ...address, partNumber: 1, checksum: undefined });
    await store.buckets.delete(bucket);
    const aborted = store.uploads.abort(address).catch(isKind('NoSuchUpload'));
    await Promise.all([aborted, store.reclaim()]);
    await store.reclaim();
    await auditEmpty(store.context);
  }
});

/** Without a model: nobody can say in which order steps that run side by side take effect. */
async function takeAlone(step: Step, store: Store): Promise<void> {
  switch (step.kind) {
    case 'put':
      return void (await put(store, step.key, step.body));
    case 'multipart':
      return void (await multipart(store, step.key, { body: step.body, end: 'complete' }));
    case 'abort':
    case 'abandon':
      return void (await multipart(store, step.key, { body: step.body, end: step.kind }));
    case 'copy':
      return void (await copy(store, step.key, step.to));
    case 'delete':
      return void (await remove(store, step.key));
    case 'delete-version':
      return void (await remove(store, step.key, 'null'));
    case 'versioning':
      return store.buckets.setVersioning(await freshBucket(store), step.status);
    case 'reclaim':
      return store.reclaim();
  }
}
