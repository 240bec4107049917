import type { ObjectVersion } from '../../../src/records/version-record.ts';
import type { ObjectService } from '../../../src/services/objects/object-service.ts';
import type { UploadService } from '../../../src/services/uploads/upload-service.ts';
import type { WriteId } from '../attempt.ts';
import { partsShown } from '../key-state.ts';
import { type OpenAttempt, together } from '../ledger.ts';
import type { Caller, Operations } from '../operation.ts';
import { bucketName, fail, identify, writeIn } from './answers.ts';
import { addressOf, pickUpload } from './uploads.ts';

interface List {
  readonly kind: 'list';
  readonly bucket: number;
  readonly limit: number;
  readonly delimiter?: '/' | undefined;
}
interface ListVersions {
  readonly kind: 'list-versions';
  readonly bucket: number;
  readonly limit: number;
}
interface ListUploads {
  readonly kind: 'list-uploads';
  readonly bucket: number;
  readonly limit: number;
}
interface ListParts {
  readonly kind: 'list-parts';
  readonly pick: number;
  readonly limit: number;
}

export type ListingCall = List | ListVersions | ListUploads | ListParts;

/** ListObjects, ListObjectVersions, ListMultipartUploads, ListParts, all pages of each. */
export const listingOperations: Operations<ListingCall> = {
  list: {
    weight: 20,
    draw: (draws) => ({
      bucket: draws.bucket(),
      limit: draws.pageLimit(),
      delimiter: draws.sometimes(0.3, () => '/' as const),
    }),
    perform: list,
  },
  'list-versions': {
    weight: 20,
    draw: (draws) => ({ bucket: draws.bucket(), limit: draws.pageLimit() }),
    perform: listVersions,
  },
  'list-uploads': {
    weight: 12,
    draw: (draws) => ({ bucket: draws.bucket(), limit: draws.pageLimit() }),
    perform: listUploads,
  },
  'list-parts': {
    weight: 12,
    draw: (draws) => ({ pick: draws.pick(), limit: draws.pageLimit() }),
    perform: listParts,
  },
};

/** Not the product's own way to compare keys, which may be wrong. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The keys of one bucket that a listing shows by themselves, and not as part of a common prefix. */
function entryKeys({ plan }: Caller, bucket: number, delimiter?: string): [key: number, name: string][] {
  return plan.keys.flatMap(({ bucket: own, key }, index) =>
    own === bucket && !(delimiter && key.includes(delimiter)) ? [[index, key] as [number, string]] : [],
  );
}

interface Page<Item, Position> {
  readonly items: readonly Item[];
  readonly truncated: boolean;
  readonly resume?: Position | undefined;
}

/** Everything on all pages, one after the other. */
async function allPages<Item, Position>(
  { ledger, marks }: Caller,
  limit: number,
  read: (after: Position | undefined) => Promise<Page<Item, Position>>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let after: Position | undefined; ; ) {
    const page = await read(after);
    if (page.items.length > limit) ledger.violate(`a page of ${limit} has ${page.items.length} items`);
    items.push(...page.items);
    if (!page.truncated) return items;
    marks.hit('page cut');
    const { kind } = page.resume as { kind?: unknown };
    if (kind === 'past-prefix') marks.hit('page cut at a prefix');
    after = page.resume;
  }
}

type After<Service extends 'list' | 'listVersions'> = Parameters<ObjectService[Service]>[0]['after'];

async function list(caller: Caller, { bucket: index, limit, delimiter }: List): Promise<void> {
  const { client, services, ledger } = caller;
  const open = new Map(
    entryKeys(caller, index, delimiter).map(([key, name]) => [
      name,
      { key, attempt: ledger.begin(client, key, { step: { kind: 'shown' } }) },
    ]),
  );
  try {
    const { id: bucketId } = await services.buckets.get(bucketName(index));
    const items = await allPages(caller, limit, (after: After<'list'>) =>
      services.objects.list({ bucketId, prefix: '', delimiter, limit, after }),
    );
    let last: string | undefined;
    const shown = new Map<string, ObjectVersion>();
    for (const item of items) {
      const name = item.kind === 'prefix' ? item.prefix : item.entry.key;
      if (last !== undefined && compareKeys(last, name) >= 0) ledger.violate(`a listing has ${name} after ${last}`);
      if (item.kind === 'entry' && !open.has(name)) ledger.violate(`a listing has ${name}, which nobody wrote`);
      if (item.kind === 'entry') shown.set(name, item.entry.version);
      last = name;
    }
    for (const [name, { key, attempt }] of open) {
      const version = shown.get(name);
      attempt.answer(version ? identify(caller, key, version) : 'nothing');
    }
  } catch (error) {
    fail(caller, together([...open.values()].map(({ attempt }) => attempt)), { error });
  }
}

async function listVersions(caller: Caller, { bucket: index, limit }: ListVersions): Promise<void> {
  const { client, services, ledger } = caller;
  const keys = new Map(entryKeys(caller, index).map(([key, name]) => [name, { key, writes: new Set<WriteId>() }]));
  const [first] = keys.values();
  if (!first) return;
  const attempt = ledger.begin(client, first.key, { step: { kind: 'versions' } });
  const start = ledger.tick();
  try {
    const { id: bucketId } = await services.buckets.get(bucketName(index));
    const items = await allPages(caller, limit, (after: After<'listVersions'>) =>
      services.objects.listVersions({ bucketId, prefix: '', delimiter: undefined, limit, after }),
    );
    let last: { key: string; token: string } | undefined;
    for (const item of items) {
      if (item.kind === 'prefix') continue;
      const { key: name, version } = item.entry;
      const order = last === undefined ? -1 : compareKeys(last.key, name) || (last.token < version.token ? -1 : 1);
      if (order >= 0) ledger.violate(`a listing has version ${version.token} of ${name} after ${last?.token}`);
      last = { key: name, token: version.token };
      const known = keys.get(name);
      if (!known) ledger.violate(`a listing has versions of ${name}, which nobody wrote`);
      else if (version.kind === 'object') known.writes.add(identify(caller, known.key, version).split(' ')[0]!);
    }
    attempt.withdraw();
    const end = ledger.tick();
    for (const { key, writes } of keys.values()) ledger.versionListings.push({ key, start, end, writes });
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

/** Each upload is shown or not as it is at one moment of the listing: when its page is read. */
async function listUploads(caller: Caller, { bucket: index, limit }: ListUploads): Promise<void> {
  const { client, services, ledger, marks } = caller;
  const keys = new Map(entryKeys(caller, index).map(([key, name]) => [name, key]));
  const start = ledger.tick();
  const begin = (key: number, upload: WriteId): OpenAttempt =>
    ledger.begin(client, key, { step: { kind: 'upload-shown', upload }, start });
  const known = ledger.uploads.filter(({ key }) => [...keys.values()].includes(key));
  const open = new Map(known.map(({ key, write }) => [write, begin(key, write)]));
  try {
    const { id: bucketId } = await services.buckets.get(bucketName(index));
    type AfterUpload = Parameters<UploadService['list']>[0]['after'];
    const items = await allPages(caller, limit, (after: AfterUpload) =>
      services.uploads.list({ bucketId, prefix: '', delimiter: undefined, limit, after }),
    );
    let last: { key: string; uploadId: string } | undefined;
    for (const item of items) {
      if (item.kind === 'prefix') continue;
      const { key: name, uploadId, upload } = item.entry;
      const order = last === undefined ? -1 : compareKeys(last.key, name) || (last.uploadId < uploadId ? -1 : 1);
      if (order >= 0) ledger.violate(`a listing has upload ${uploadId} of ${name} after ${last?.uploadId}`);
      last = { key: name, uploadId };
      const key = keys.get(name);
      if (key === undefined) ledger.violate(`a listing has an upload of ${name}, which nobody began`);
      else answerShown(open, writeIn(upload), (write) => begin(key, write));
    }
    if (items.length > 0) marks.hit('uploads shown');
    for (const attempt of open.values()) attempt.answer('no');
  } catch (error) {
    fail(caller, together([...open.values()]), { error });
  }
}

/** An upload that was begun since, or whose beginning was not answered, is heard of here for the first time. */
function answerShown(open: Map<WriteId, OpenAttempt>, write: WriteId, begin: (write: WriteId) => OpenAttempt): void {
  (open.get(write) ?? begin(write)).answer('yes');
  open.delete(write);
}

/** Each page is an answer of its own. */
async function listParts(caller: Caller, { pick, limit }: ListParts): Promise<void> {
  const { client, services, ledger, marks } = caller;
  const upload = pickUpload(caller, pick);
  if (!upload) return;
  for (let after = 0; ; ) {
    const step = { kind: 'parts', upload: upload.write, after, limit } as const;
    const attempt = ledger.begin(client, upload.key, { step });
    try {
      const page = await services.uploads.listParts(await addressOf(caller, upload), { after, limit });
      const parts = page.parts.map(({ partNumber, etag, size }) => ({ number: partNumber, etag, size }));
      attempt.answer(partsShown(parts, page.isTruncated));
      if (parts.length > 0) marks.hit('parts shown');
      const last = parts.at(-1)?.number;
      if (!page.isTruncated || last === undefined) return;
      marks.hit('page of parts cut');
      after = last;
    } catch (error) {
      return fail(caller, attempt, { error });
    }
  }
}
