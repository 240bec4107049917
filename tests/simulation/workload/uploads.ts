import { sourceOf } from '../../../src/foundation/bytes.ts';
import { ContentGoneError } from '../../../src/services/content/read-content.ts';
import { type Condition, minimumPartSize } from '../call-draws.ts';
import type { KnownUpload } from '../ledger.ts';
import type { Caller, Operations } from '../operation.ts';
import { bucketOf, conditionOf, descriptionOf, fail, headersOf, written } from './answers.ts';
import { readSource, untilSourceStays } from './objects.ts';

interface Upload {
  readonly kind: 'upload';
  readonly key: number;
}
interface Part {
  readonly kind: 'part';
  readonly pick: number;
  readonly number: number;
  readonly size: number;
}
interface PartCopy {
  readonly kind: 'part-copy';
  readonly pick: number;
  readonly number: number;
  readonly from: number;
  /** Which share of the source is left out at its beginning. */
  readonly skip?: number | undefined;
}
interface Complete {
  readonly kind: 'complete';
  readonly pick: number;
  readonly condition?: Condition | undefined;
}
interface Abort {
  readonly kind: 'abort';
  readonly pick: number;
}
interface Multipart {
  readonly kind: 'multipart';
  readonly key: number;
  readonly sizes: readonly number[];
}

export type UploadCall = Upload | Part | PartCopy | Complete | Abort | Multipart;

/** CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload, AbortMultipartUpload, and all in a row. */
export const uploadOperations: Operations<UploadCall> = {
  upload: {
    weight: 30,
    draw: (draws) => ({ key: draws.key() }),
    perform: async (caller, { key }) => void (await createUpload(caller, key)),
  },
  part: {
    weight: 60,
    draw: (draws) => ({ pick: draws.pick(), number: draws.partNumber(), size: draws.partSize() }),
    perform: (caller, call) => uploadPart(caller, call, pickUpload(caller, call.pick)),
  },
  'part-copy': {
    weight: 15,
    draw: (draws) => ({
      pick: draws.pick(),
      number: draws.partNumber(),
      from: draws.key(),
      skip: draws.sometimes(0.3, () => draws.pick()),
    }),
    perform: copyPart,
  },
  complete: {
    weight: 40,
    draw: (draws) => ({ pick: draws.pick(), condition: draws.sometimes(0.2, () => draws.condition()) }),
    perform: (caller, call) => complete(caller, call, pickUpload(caller, call.pick)),
  },
  abort: { weight: 8, draw: (draws) => ({ pick: draws.pick() }), perform: abort },
  multipart: {
    weight: 20,
    draw: (draws) => ({
      key: draws.key(),
      sizes: [minimumPartSize + draws.integer(20), minimumPartSize, draws.size()].slice(draws.integer(2)),
    }),
    perform: uploadInParts,
  },
};

/** The newest ones, because the others have probably ended. */
const recentUploads = 3;

/** One of the uploads that somebody has heard of. */
export function pickUpload({ ledger }: Caller, pick: number): KnownUpload | undefined {
  const recent = ledger.uploads.slice(-recentUploads);
  return recent[Math.floor(pick * recent.length)];
}

export async function addressOf(caller: Caller, { key, id }: KnownUpload) {
  return { bucket: await bucketOf(caller, key), key: caller.plan.keys[key]!.key, uploadId: id };
}

/** All of an upload, by one client. */
async function uploadInParts(caller: Caller, { key, sizes }: Multipart): Promise<void> {
  const upload = await createUpload(caller, key);
  if (!upload) return;
  for (const [at, size] of sizes.entries()) await uploadPart(caller, { number: at + 1, size }, upload);
  await complete(caller, {}, upload);
}

async function createUpload(caller: Caller, key: number): Promise<KnownUpload | undefined> {
  const { client, services, ledger, plan } = caller;
  const write = ledger.newWrite(client);
  const attempt = ledger.begin(client, key, { step: { kind: 'upload', upload: write, write } });
  try {
    const id = await services.uploads.create({
      bucket: await bucketOf(caller, key),
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
    fail(caller, attempt, { error });
    return undefined;
  }
}

type Staged = Awaited<ReturnType<Caller['services']['objects']['stage']>>;

/** Tries to store a part once. */
async function storePart(
  caller: Caller,
  upload: KnownUpload,
  { number, body, stage }: { number: number; body: Buffer; stage: () => Promise<Staged> },
): Promise<'over' | 'source gone'> {
  const { client, services, ledger, marks } = caller;
  const part = { number, etag: ledger.keepBody(body), size: body.length };
  const attempt = ledger.begin(client, upload.key, { step: { kind: 'part', upload: upload.write, part } });
  try {
    const address = await addressOf(caller, upload);
    const staged = await stage();
    const record = await services.uploads.commitPart(staged, { ...address, partNumber: number, checksum: undefined });
    if (record.etag !== part.etag) ledger.violate(`a part was stored as ${record.etag} and is ${part.etag}`);
    attempt.answer('ok');
    if (upload.parts.has(number)) marks.hit('part replaced');
    upload.parts.set(number, part);
  } catch (error) {
    if (error instanceof ContentGoneError) {
      attempt.withdraw();
      return 'source gone';
    }
    fail(caller, attempt, { error });
  }
  return 'over';
}

async function uploadPart(
  caller: Caller,
  { number, size }: Pick<Part, 'number' | 'size'>,
  upload: KnownUpload | undefined,
): Promise<void> {
  if (!upload) return;
  const { ledger, services, client } = caller;
  const { body } = ledger.newBody(ledger.newWrite(client), size);
  await storePart(caller, upload, { number, body, stage: () => services.objects.stage(sourceOf(body), []) });
}

async function copyPart(caller: Caller, { pick, number, from, skip = 0 }: PartCopy): Promise<void> {
  const upload = pickUpload(caller, pick);
  if (!upload) return;
  const { ledger, services, marks } = caller;
  await untilSourceStays(caller, async () => {
    const source = await readSource(caller, from);
    if (!source) return 'over';
    const offset = Math.floor(skip * source.version.size);
    const body = ledger.bodies.get(source.version.etag)?.subarray(offset) ?? Buffer.alloc(0);
    if (offset > 0) marks.hit('range copied into a part');
    const stage = () => services.objects.stageRange(source, { offset, length: body.length }, { algorithms: [] });
    return storePart(caller, upload, { number, body, stage });
  });
}

async function complete(
  caller: Caller,
  call: Pick<Complete, 'condition'>,
  upload: KnownUpload | undefined,
): Promise<void> {
  if (!upload || upload.parts.size === 0) return;
  const { client, services, ledger, marks } = caller;
  const { key, write } = upload;
  const parts = [...upload.parts.values()].sort((a, b) => a.number - b.number);
  const condition = conditionOf(caller, key, call.condition);
  const etag = ledger.keepParts(parts);
  ledger.mayBecome(write, etag);
  const clock = caller.watchClock();
  const step = { kind: 'complete', upload: write, parts, etag, condition, clock } as const;
  const attempt = ledger.begin(client, key, { step });
  try {
    const completed = await services.uploads.complete({
      ...(await addressOf(caller, upload)),
      parts: parts.map((part) => ({ partNumber: part.number, etag: part.etag, checksum: undefined })),
      conditions: headersOf(condition),
      expected: { size: undefined, checksum: undefined, checksumType: undefined },
    });
    if (completed.etag !== etag) ledger.violate(`an upload was completed as ${completed.etag} and is ${etag}`);
    marks.hit(upload.isCompleted ? 'upload completed again' : 'upload completed');
    upload.isCompleted = true;
    if (parts.length > 1) marks.hit('upload of several parts');
    written(caller, { key, write, etag }, { attempt, versionId: completed.versionId ?? 'null' });
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

async function abort(caller: Caller, { pick }: Abort): Promise<void> {
  const upload = pickUpload(caller, pick);
  if (!upload) return;
  const attempt = caller.ledger.begin(caller.client, upload.key, { step: { kind: 'abort', upload: upload.write } });
  try {
    await caller.services.uploads.abort(await addressOf(caller, upload));
    attempt.answer('ok');
  } catch (error) {
    fail(caller, attempt, { error });
  }
}
