import { StorageError } from '../../src/domain/errors.ts';
import { BlobCorruptError } from '../../src/engines/blobs/blob-engine.ts';
import { InjectedFault } from '../../src/engines/fault-plan.ts';
import { MetadataSpaceError } from '../../src/engines/metadata/metadata-engine.ts';
import { sourceOf } from '../../src/foundation/bytes.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { type ObjectVersion, versionIdOf } from '../../src/records/version-record.ts';
import type { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { ContentGoneError } from '../../src/services/content/read-content.ts';
import { reclaimOrphans } from '../../src/services/content/reclaim.ts';
import type { ObjectService, OpenObject } from '../../src/services/objects/object-service.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import type { UploadService } from '../../src/services/uploads/upload-service.ts';
import { type Step, type StepCondition, unknown, type WriteId } from './attempt.ts';
import type { KnownUpload, Ledger, OpenAttempt } from './ledger.ts';
import type { MarkName, Marks } from './marks.ts';
import type { CallKind, Condition, Plan, PlannedCall } from './plan.ts';

export interface Services {
  readonly context: ServiceContext;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly buckets: BucketService;
}

/** What a call is made with. */
export interface Caller {
  readonly client: number;
  readonly plan: Plan;
  readonly services: Services;
  readonly ledger: Ledger;
  readonly marks: Marks;
  /** The account that owns everything. */
  readonly accountId: string;
  /** Whether readers may rely on the grace time: no clock jumps, no pause in its order of magnitude. */
  readonly graceHolds: boolean;
  pause(milliseconds: number): Promise<void>;
}

export function bucketName(index: number): string {
  return `bucket-${index}`;
}

/** Makes one call as the S3 adapter would, and notes what it did and was told. */
export async function perform(caller: Caller, call: PlannedCall): Promise<void> {
  switch (call.kind) {
    case 'put':
      return put(caller, call);
    case 'get':
    case 'head':
      return read(caller, call);
    case 'delete':
      return remove(caller, call);
    case 'copy':
      return copy(caller, call);
    case 'upload':
      await createUpload(caller, call.key);
      return;
    case 'part':
    case 'part-copy':
      return uploadPart(caller, call, pickUpload(caller, call.pick));
    case 'complete':
    case 'abort':
      return endUpload(caller, call, pickUpload(caller, call.pick));
    case 'multipart':
      return uploadInParts(caller, call);
    case 'list':
      return list(caller, call);
    case 'list-versions':
      return listVersions(caller, call);
    case 'versioning':
    case 'create-bucket':
    case 'delete-bucket':
      return changeBucket(caller, call);
    case 'search-orphans':
      return searchOrphans(caller);
    case 'wait':
      return caller.pause(call.milliseconds);
  }
}

type Call<Kind extends PlannedCall['kind']> = Extract<PlannedCall, { kind: Kind }>;

function find({ plan, services }: Caller, key: number): Promise<BucketRecord> {
  return services.buckets.get(bucketName(plan.keys[key]!.bucket));
}

function descriptionOf(write: WriteId) {
  return { headers: {}, userMetadata: [['write', write]] as const, storageClass: 'STANDARD', tags: [] };
}

function conditionOf(caller: Caller, key: number, condition: Condition | undefined): StepCondition {
  if (condition === 'if-none-match') return { ifNoneMatch: true };
  if (condition !== 'if-match') return {};
  return { ifMatch: caller.ledger.lastSeen(caller.client, key) ?? '0'.repeat(32) };
}

function headersOf({ ifMatch, ifNoneMatch }: StepCondition) {
  return { ifMatch: ifMatch && `"${ifMatch}"`, ifNoneMatch: ifNoneMatch ? '*' : undefined };
}

const modelled = new Set([
  'NoSuchBucket',
  'NoSuchKey',
  'NoSuchVersion',
  'NoSuchUpload',
  'VersionIsDeleteMarker',
  'PreconditionFailed',
  'InvalidPart',
  'EntityTooSmall',
  'BucketAlreadyOwnedByYou',
]);

/** Notes how a call failed. `commits`: how many transactions it is made of that change something. */
function fail(caller: Caller, attempt: OpenAttempt, error: unknown, commits = 1): void {
  const { plan, ledger, marks } = caller;
  if (error instanceof StorageError && modelled.has(error.kind)) {
    attempt.answer(error.kind);
    if (error.kind === 'PreconditionFailed') marks.hit('precondition failed');
    if (error.kind === 'NoSuchUpload') marks.hit('upload ended without');
    return;
  }
  const isInjected = error instanceof InjectedFault;
  const isUnsure = isInjected && (commits > 1 || (error.kind === 'after' && error.call === 'metadata.transact'));
  if (isUnsure) attempt.answer(unknown);
  else attempt.withdraw();
  if (isInjected) return;
  const mark = refusalOf(caller, error);
  if (mark) marks.hit(mark);
  else if (!isMediumFault(plan, error)) {
    ledger.violate(`an answer that nobody expects: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** What a call may be refused with that has no effect and says nothing about the key. */
function refusalOf({ plan, graceHolds }: Caller, error: unknown): MarkName | undefined {
  const isCalled = (kind: CallKind) => plan.clients.some(({ calls }) => calls.some((call) => call.kind === kind));
  if (error instanceof ContentGoneError) return graceHolds ? undefined : 'read cut off';
  if (!(error instanceof StorageError)) return undefined;
  switch (error.kind) {
    case 'BucketNotEmpty':
      return 'bucket not empty';
    case 'OperationAborted':
      return isCalled('delete-bucket') ? 'bucket in the way' : undefined;
    case 'RequestTimeout':
      return isCalled('search-orphans') || plan.events.length > 0 ? 'condemned while uploading' : undefined;
    case 'InternalError':
      // A read that names a version takes two steps, and gives up where inline bytes (whose error has no message) were
      // replaced between the two ten times.
      return graceHolds && !(error.cause instanceof ContentGoneError && error.cause.message === '')
        ? undefined
        : 'read cut off';
    default:
      return undefined;
  }
}

function isMediumFault(plan: Plan, error: unknown): boolean {
  if (plan.faults.length === 0) return false;
  const isFull = error instanceof StorageError && error.kind === 'StorageFull';
  return isFull || error instanceof MetadataSpaceError || error instanceof BlobCorruptError;
}

async function put(caller: Caller, { key, size, condition }: Call<'put'>): Promise<void> {
  const { client, services, ledger, plan } = caller;
  const write = ledger.newWrite(client);
  const { body, etag } = ledger.newBody(write, size);
  ledger.mayBecome(write, etag);
  const stepCondition = conditionOf(caller, key, condition);
  const attempt = ledger.begin(client, key, { kind: 'write', write, etag, condition: stepCondition });
  try {
    const bucket = await find(caller, key);
    const staged = await services.objects.stage(sourceOf(body), []);
    const version = await services.objects.commit(staged, {
      bucket,
      key: plan.keys[key]!.key,
      ownerAccountId: caller.accountId,
      description: descriptionOf(write),
      conditions: headersOf(stepCondition),
      checksum: undefined,
    });
    written(caller, { key, write, etag }, { attempt, versionId: versionIdOf(version) });
    if (version.etag !== etag) ledger.violate(`${write} was stored as ${version.etag} and is ${etag}`);
  } catch (error) {
    fail(caller, attempt, error);
  }
}

function written(
  { ledger, client }: Caller,
  { key, write, etag }: { key: number; write: WriteId; etag: string },
  { attempt, versionId }: { attempt: OpenAttempt; versionId: string },
): void {
  attempt.answer(`ok ${versionId === 'null' ? 'null' : 'id'}`);
  ledger.learnVersion(key, versionId, write);
  ledger.see(client, key, etag);
}

/** The version as the model names it; also checks that ETag, length and metadata are of one write. */
function identify({ ledger }: Caller, key: number, version: ObjectVersion): string {
  const write = version.userMetadata.find(([name]) => name === 'write')?.[1] ?? 'nobody';
  const isOwn = ledger.etagsOf.get(write)?.has(version.etag) ?? false;
  const length = ledger.bodies.get(version.etag)?.length;
  if (!isOwn || length !== version.size) {
    ledger.violate(`metadata of ${write}, ETag ${version.etag} and ${version.size} bytes are of different writes`);
  }
  ledger.learnVersion(key, versionIdOf(version), write);
  return `${write} ${version.etag} ${version.isNull ? 'null' : 'id'}`;
}

async function read(caller: Caller, call: Call<'get' | 'head'>): Promise<void> {
  const { client, services, ledger, plan, marks } = caller;
  const { key, pick } = call;
  const versionId = pick === undefined ? undefined : ledger.pickVersion(key, pick);
  const version = versionId === 'null' ? versionId : versionId && ledger.writeOfVersion.get(versionId);
  const attempt = ledger.begin(client, key, { kind: 'read', version });
  let opened: OpenObject | undefined;
  try {
    const target = { bucket: await find(caller, key), key: plan.keys[key]!.key, versionId };
    if (call.kind === 'head') {
      attempt.answer(`found ${identify(caller, key, await services.objects.head(target))}`);
      return;
    }
    opened = await services.objects.open(target);
    attempt.answer(`found ${identify(caller, key, opened.version)}`);
    if (versionId !== undefined) marks.hit('read of an old version');
    else ledger.see(client, key, opened.version.etag);
    await pour(caller, opened, call.pause ?? 0);
  } catch (error) {
    fail(caller, attempt, error);
  } finally {
    // A lease that cannot be ended runs out.
    await opened?.content.close().catch(() => {});
  }
}

/** Half of the reads are of a range. */
async function pour(caller: Caller, { version, content }: OpenObject, pause: number): Promise<void> {
  const offset = version.size % 2 === 0 ? 0 : Math.floor(version.size / 3);
  const range = { offset, length: version.size - offset };
  const pieces: Buffer[] = [];
  await content.pour(range, async (piece) => {
    pieces.push(Buffer.from(piece));
    if (pause > 0) await caller.pause(pause);
  });
  const expected = caller.ledger.bodies.get(version.etag)?.subarray(offset);
  if (!expected?.equals(Buffer.concat(pieces))) {
    caller.ledger.violate(`the bytes of ${version.etag} are "${Buffer.concat(pieces)}" and not "${expected}"`);
  }
}

async function remove(caller: Caller, { key, pick, condition }: Call<'delete'>): Promise<void> {
  const { client, services, ledger, plan } = caller;
  const write = ledger.newWrite(client);
  const versionId = pick === undefined ? undefined : ledger.pickVersion(key, pick);
  const version = versionId === 'null' ? versionId : versionId && ledger.writeOfVersion.get(versionId);
  const stepCondition = version === undefined ? conditionOf(caller, key, condition) : {};
  const attempt = ledger.begin(client, key, { kind: 'delete', write, version, condition: stepCondition });
  try {
    const bucket = await find(caller, key);
    const { ifMatch } = headersOf(stepCondition);
    const target = { key: plan.keys[key]!.key, versionId, conditions: { ifMatch } };
    const deletion = await services.objects.delete({ bucket, ownerAccountId: caller.accountId }, target);
    if (version !== undefined) return attempt.answer(deletion.deleteMarker ? 'removed marker' : 'removed');
    attempt.answer(deletion.deleteMarker ? 'marker' : 'removed');
    if (deletion.versionId !== undefined) ledger.learnVersion(key, deletion.versionId, write);
  } catch (error) {
    fail(caller, attempt, error);
  }
}

/** As often as the S3 adapter reads a source again that was replaced under its copy; then it answers OperationAborted. */
const copyAttempts = 10;

async function copy(caller: Caller, { from, key, condition }: Call<'copy'>): Promise<void> {
  const { client, services, ledger, plan, marks } = caller;
  if (from === key) marks.hit('copy onto itself');
  const write = ledger.newWrite(client);
  const stepCondition = conditionOf(caller, key, condition);
  for (let tries = 1; ; tries++) {
    const source = await readSource(caller, from);
    if (!source) return;
    const { etag } = source.version;
    ledger.mayBecome(write, etag);
    const attempt = ledger.begin(client, key, { kind: 'write', write, etag, condition: stepCondition });
    try {
      const bucket = await find(caller, key);
      const version = await services.objects.copy({
        source: { ...source, key: plan.keys[from]!.key },
        bucket,
        key: plan.keys[key]!.key,
        ownerAccountId: caller.accountId,
        description: descriptionOf(write),
        conditions: headersOf(stepCondition),
        checksumAlgorithm: undefined,
      });
      return written(caller, { key, write, etag }, { attempt, versionId: versionIdOf(version) });
    } catch (error) {
      if (!(error instanceof ContentGoneError)) return fail(caller, attempt, error);
      attempt.withdraw();
      marks.hit('copy tried again');
      if (tries < copyAttempts) continue;
      marks.hit('copy given up');
      return;
    }
  }
}

async function readSource(caller: Caller, key: number) {
  const { client, services, ledger, plan } = caller;
  const attempt = ledger.begin(client, key, { kind: 'read', version: undefined });
  try {
    const bucket = await find(caller, key);
    const version = await services.objects.head({ bucket, key: plan.keys[key]!.key, versionId: undefined });
    attempt.answer(`found ${identify(caller, key, version)}`);
    return { bucket, version };
  } catch (error) {
    fail(caller, attempt, error);
    return undefined;
  }
}

/** All of an upload, by one client. */
async function uploadInParts(caller: Caller, { key, sizes }: Call<'multipart'>): Promise<void> {
  const upload = await createUpload(caller, key);
  if (!upload) return;
  for (const [at, size] of sizes.entries()) {
    await uploadPart(caller, { kind: 'part', pick: 0, number: at + 1, size }, upload);
  }
  await endUpload(caller, { kind: 'complete', pick: 0 }, upload);
}

async function createUpload(caller: Caller, key: number): Promise<KnownUpload | undefined> {
  const { client, services, ledger, plan } = caller;
  const write = ledger.newWrite(client);
  const attempt = ledger.begin(client, key, { kind: 'upload', upload: write, write });
  try {
    const id = await services.uploads.create({
      bucket: await find(caller, key),
      key: plan.keys[key]!.key,
      ownerAccountId: caller.accountId,
      description: descriptionOf(write),
      checksumAlgorithm: undefined,
      checksumType: undefined,
    });
    attempt.answer('ok');
    const upload: KnownUpload = { key, id, write, parts: new Map(), isCompleted: false };
    ledger.uploads.push(upload);
    return upload;
  } catch (error) {
    fail(caller, attempt, error);
    return undefined;
  }
}

function pickUpload({ ledger }: Caller, pick: number): KnownUpload | undefined {
  // The newest ones, because the others have probably ended.
  const recent = ledger.uploads.slice(-3);
  return recent[Math.floor(pick * recent.length)];
}

async function uploadPart(
  caller: Caller,
  call: Call<'part'> | Call<'part-copy'>,
  upload: KnownUpload | undefined,
): Promise<void> {
  const { client, services, ledger, plan, marks } = caller;
  if (!upload) return;
  for (let tries = 1; ; tries++) {
    const source = call.kind === 'part-copy' ? await readSource(caller, call.from) : undefined;
    if (call.kind === 'part-copy' && !source) return;
    const made =
      call.kind === 'part'
        ? ledger.newBody(ledger.newWrite(client), call.size)
        : copied(ledger, ledger.bodies.get(source!.version.etag) ?? Buffer.alloc(0));
    const part = { number: call.number, etag: made.etag, size: made.body.length };
    const attempt = ledger.begin(client, upload.key, { kind: 'part', upload: upload.write, part });
    try {
      const bucket = await find(caller, upload.key);
      const whole = { offset: 0, length: part.size };
      const staged =
        call.kind === 'part'
          ? await services.objects.stage(sourceOf(made.body), [])
          : await services.objects.stageRange({ ...source!, key: plan.keys[call.from]!.key }, whole, []);
      const address = { bucket, key: plan.keys[upload.key]!.key, uploadId: upload.id, partNumber: call.number };
      const record = await services.uploads.commitPart(staged, { ...address, checksum: undefined });
      if (record.etag !== made.etag) ledger.violate(`a part was stored as ${record.etag} and is ${made.etag}`);
      attempt.answer('ok');
      if (upload.parts.has(call.number)) marks.hit('part replaced');
      upload.parts.set(call.number, part);
      return;
    } catch (error) {
      if (!(error instanceof ContentGoneError)) return fail(caller, attempt, error);
      attempt.withdraw();
      marks.hit('copy tried again');
      if (tries < copyAttempts) continue;
      marks.hit('copy given up');
      return;
    }
  }
}

function copied(ledger: Ledger, body: Buffer): { body: Buffer; etag: string } {
  return { body, etag: ledger.keepBody(body) };
}

async function endUpload(
  caller: Caller,
  call: Call<'complete'> | Call<'abort'>,
  upload: KnownUpload | undefined,
): Promise<void> {
  const { client, services, ledger, plan, marks } = caller;
  if (!upload || (call.kind === 'complete' && upload.parts.size === 0)) return;
  const { key, write } = upload;
  const parts = [...upload.parts.values()].sort((a, b) => a.number - b.number);
  const condition = call.kind === 'complete' ? conditionOf(caller, key, call.condition) : {};
  const etag = ledger.keepParts(parts);
  ledger.mayBecome(write, etag);
  const attempt = ledger.begin(
    client,
    key,
    call.kind === 'abort'
      ? { kind: 'abort', upload: write }
      : { kind: 'complete', upload: write, parts, etag, condition },
  );
  try {
    const address = { bucket: await find(caller, key), key: plan.keys[key]!.key, uploadId: upload.id };
    if (call.kind === 'abort') {
      await services.uploads.abort(address);
      return attempt.answer('ok');
    }
    const completed = await services.uploads.complete({
      ...address,
      parts: parts.map((part) => ({ partNumber: part.number, etag: part.etag, checksum: undefined })),
      conditions: headersOf(condition),
      expected: { size: undefined, checksum: undefined, checksumType: undefined },
    });
    if (completed.etag !== etag) ledger.violate(`an upload was completed as ${completed.etag} and is ${etag}`);
    const versionId = completed.versionId ?? 'null';
    marks.hit(upload.isCompleted ? 'upload completed again' : 'upload completed');
    upload.isCompleted = true;
    if (parts.length > 1) marks.hit('upload of several parts');
    written(caller, { key, write, etag }, { attempt, versionId });
  } catch (error) {
    fail(caller, attempt, error);
  }
}

async function changeBucket(
  caller: Caller,
  call: Call<'versioning'> | Call<'create-bucket' | 'delete-bucket'>,
): Promise<void> {
  const { client, services, ledger, plan, marks, accountId } = caller;
  const step: Step = 'to' in call ? { kind: 'versioning', to: call.to } : { kind: call.kind };
  const attempts = plan.keys.flatMap(({ bucket }, key) =>
    bucket === call.bucket ? [ledger.begin(client, key, step)] : [],
  );
  const all: OpenAttempt = {
    answer: (reply) => attempts.forEach((attempt) => void attempt.answer(reply)),
    withdraw: () => attempts.forEach((attempt) => void attempt.withdraw()),
  };
  const name = bucketName(call.bucket);
  try {
    if ('to' in call) {
      await services.buckets.setVersioning(await services.buckets.get(name), call.to);
    } else if (call.kind === 'create-bucket') {
      await services.buckets.create(name, { accountId, region: 'r', locationConstraint: '' });
    } else {
      await services.buckets.delete(await services.buckets.get(name));
      marks.hit('bucket deleted');
    }
    all.answer('ok');
  } catch (error) {
    fail(caller, all, error, call.kind === 'delete-bucket' ? 2 : 1);
  }
}

async function searchOrphans({ services, marks }: Caller): Promise<void> {
  const { context } = services;
  try {
    // Whatever was written before this very moment: uploads in progress are among them, and must not suffer.
    const search = { writtenBefore: context.clock.now(), signal: new AbortController().signal };
    marks.hit('orphan condemned', await reclaimOrphans(context, search));
  } catch (error) {
    if (!(error instanceof InjectedFault)) throw error;
  }
}

function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The keys of one bucket that a listing shows by themselves, and not as part of a common prefix. */
function entryKeys({ plan }: Caller, bucket: number, delimiter: string | undefined): [key: number, name: string][] {
  return plan.keys.flatMap(({ bucket: own, key }, index) =>
    own === bucket && !(delimiter && key.includes(delimiter)) ? [[index, key] as [number, string]] : [],
  );
}

async function list(caller: Caller, { bucket: index, limit, delimiter }: Call<'list'>): Promise<void> {
  const { client, services, ledger, marks } = caller;
  const open = new Map(
    entryKeys(caller, index, delimiter).map(([key, name]) => [
      name,
      { key, attempt: ledger.begin(client, key, { kind: 'shown' }) },
    ]),
  );
  const all: OpenAttempt = {
    answer: (reply) => open.forEach(({ attempt }) => void attempt.answer(reply)),
    withdraw: () => open.forEach(({ attempt }) => void attempt.withdraw()),
  };
  try {
    const bucket = await services.buckets.get(bucketName(index));
    const query = { bucketId: bucket.id, prefix: '', delimiter, limit };
    let last: string | undefined;
    const shown = new Map<string, ObjectVersion>();
    for (let after: Parameters<ObjectService['list']>[0]['after']; ; ) {
      const page = await services.objects.list({ ...query, after });
      for (const item of page.items) {
        const name = item.kind === 'prefix' ? item.prefix : item.entry.key;
        if (last !== undefined && compareKeys(last, name) >= 0) ledger.violate(`a listing has ${name} after ${last}`);
        if (item.kind === 'entry' && !open.has(name)) ledger.violate(`a listing has ${name}, which nobody wrote`);
        if (item.kind === 'entry') shown.set(name, item.entry.version);
        last = name;
      }
      if (page.items.length > limit) ledger.violate(`a page of ${limit} has ${page.items.length} items`);
      if (!page.truncated) break;
      marks.hit('page cut');
      if (page.resume?.kind === 'past-prefix') marks.hit('page cut at a prefix');
      after = page.resume;
    }
    for (const [name, { key, attempt }] of open) {
      const version = shown.get(name);
      attempt.answer(version ? identify(caller, key, version) : 'nothing');
    }
  } catch (error) {
    fail(caller, all, error);
  }
}

async function listVersions(caller: Caller, { bucket: index, limit }: Call<'list-versions'>): Promise<void> {
  const { client, services, ledger } = caller;
  const keys = new Map(
    entryKeys(caller, index, undefined).map(([key, name]) => [name, { key, writes: new Set<WriteId>() }]),
  );
  const [first] = keys.values();
  if (!first) return;
  const attempt = ledger.begin(client, first.key, { kind: 'versions' });
  const start = ledger.tick();
  try {
    const bucket = await services.buckets.get(bucketName(index));
    let last: { key: string; token: string } | undefined;
    for (let after: Parameters<ObjectService['listVersions']>[0]['after']; ; ) {
      const page = await services.objects.listVersions({
        bucketId: bucket.id,
        prefix: '',
        delimiter: undefined,
        after,
        limit,
      });
      for (const item of page.items) {
        if (item.kind === 'prefix') continue;
        const { key: name, version } = item.entry;
        const order = last === undefined ? -1 : compareKeys(last.key, name) || (last.token < version.token ? -1 : 1);
        if (order >= 0) ledger.violate(`a listing has version ${version.token} of ${name} after ${last?.token}`);
        last = { key: name, token: version.token };
        const known = keys.get(name);
        if (!known) ledger.violate(`a listing has versions of ${name}, which nobody wrote`);
        else if (version.kind === 'object') known.writes.add(identify(caller, known.key, version).split(' ')[0]!);
      }
      if (!page.truncated) break;
      after = page.resume;
    }
    attempt.withdraw();
    const end = ledger.tick();
    for (const { key, writes } of keys.values()) ledger.versionListings.push({ key, start, end, writes });
  } catch (error) {
    fail(caller, attempt, error);
  }
}
