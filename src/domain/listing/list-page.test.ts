import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import { type ListingItem, type ListingPage, type ListingPosition, listPage, mapEntries } from './list-page.ts';

interface Entry {
  readonly key: string;
  readonly version: number;
}
type Position = ListingPosition<number>;

/** Counts what a listing costs. */
interface Store {
  reads: number;
  entriesRead: number;
  largestRead: number;
  read(position: Position, limit: number): Entry[];
}

/** Entries in the order of their keys, and of one key by version. */
function storeOf(entries: readonly Entry[]): Store {
  const ordered = [...entries].sort((a, b) => compareUtf8(a.key, b.key) || a.version - b.version);
  return {
    reads: 0,
    entriesRead: 0,
    largestRead: 0,
    read(position, limit) {
      assert.ok(limit >= 1, 'a read of nothing');
      const result = ordered.filter((entry) => isAfter(entry, position)).slice(0, limit);
      this.reads++;
      this.entriesRead += result.length;
      this.largestRead = Math.max(this.largestRead, limit);
      return result;
    },
  };
}

function isAfter(entry: Entry, position: Position): boolean {
  switch (position.kind) {
    case 'at-key':
      return compareUtf8(entry.key, position.key) >= 0;
    case 'past-key':
      return compareUtf8(entry.key, position.key) > 0;
    case 'past-prefix':
      return compareUtf8(entry.key, position.prefix) > 0 && !entry.key.startsWith(position.prefix);
    case 'past-mark':
      return compareUtf8(entry.key, position.key) > 0 || (entry.key === position.key && entry.version > position.mark);
  }
}

const objects = (...keys: string[]): Entry[] => keys.map((key) => ({ key, version: 0 }));
const past = (entry: Entry): Position => ({ kind: 'past-mark', key: entry.key, mark: entry.version });
const nothing = { prefix: '', delimiter: undefined, after: undefined, limit: 1000 };

interface Options {
  readonly prefix?: string;
  readonly delimiter?: string | undefined;
  readonly after?: Position | undefined;
  readonly limit?: number;
}

function page(entries: readonly Entry[] | Store, options: Options = {}): ListingPage<Entry, number> {
  const store = 'reads' in entries ? entries : storeOf(entries);
  const result = listPage<Entry, number>({
    ...nothing,
    ...options,
    past,
    read: (position, limit) => store.read(position, limit),
  });
  assert.ok(!(result instanceof Promise), 'waited although every read answered at once');
  return result;
}

const names = (result: ListingPage<Entry, number>): string[] => result.items.map(nameOf);
const nameOf = (item: ListingItem<Entry>): string => (item.kind === 'entry' ? item.entry.key : `[${item.prefix}]`);

test('without a delimiter every key is an item, in the order of UTF-8 bytes', () => {
  assert.deepEqual(names(page(objects('b', '\u{1f600}', 'a', '\uff5e'))), ['a', 'b', '\uff5e', '\u{1f600}']);
});

test('a delimiter rolls keys up, and a key equal to the prefix stays an entry', () => {
  const keys = objects('a/', 'a/b', 'a/c/d', 'a/c/e', 'a/f', 'b');
  assert.deepEqual(names(page(keys, { delimiter: '/' })), ['[a/]', 'b']);
  assert.deepEqual(names(page(keys, { delimiter: '/', prefix: 'a/' })), ['a/', 'a/b', '[a/c/]', 'a/f']);
  assert.deepEqual(names(page(keys, { delimiter: '/', prefix: 'a' })), ['[a/]']);
});

test('a delimiter inside the prefix does not count, and delimiters may be long', () => {
  assert.deepEqual(names(page(objects('a/b', 'a/bc', 'a/b/c'), { delimiter: '/', prefix: 'a/b' })), [
    'a/b',
    '[a/b/]',
    'a/bc',
  ]);
  assert.deepEqual(names(page(objects('x--a', 'x--b', 'x-c', 'y'), { delimiter: '--' })), ['[x--]', 'x-c', 'y']);
  assert.deepEqual(names(page(objects('a--b', 'a-b'), { delimiter: '--', prefix: 'a-' })), ['a--b', 'a-b']);
});

test('a limit of nothing gives nothing and is not truncated', () => {
  assert.deepEqual(page(objects('a', 'b'), { limit: 0 }), { items: [], truncated: false, resume: undefined });
});

test('a page that ends exactly at the end is not truncated', () => {
  assert.equal(page(objects('a', 'b'), { limit: 2 }).truncated, false);
  assert.equal(page(objects('a', 'b', 'c'), { limit: 2 }).truncated, true);
  assert.equal(page(objects('a/1', 'a/2', 'a/3'), { limit: 1, delimiter: '/' }).truncated, false);
  assert.equal(page(objects('a/1', 'a/2', 'b'), { limit: 1, delimiter: '/' }).truncated, true);
  assert.equal(page(objects('a', 'b', 'c'), { limit: 1, prefix: 'a' }).truncated, false);
});

test('a marker in the middle of a common prefix does not repeat it', () => {
  const keys = objects('a/1', 'a/2', 'b');
  assert.deepEqual(names(page(keys, { delimiter: '/', after: { kind: 'past-key', key: 'a/1' } })), ['b']);
  assert.deepEqual(names(page(keys, { delimiter: '/', after: { kind: 'past-key', key: 'a/' } })), ['b']);
  assert.deepEqual(names(page(keys, { delimiter: '/', after: { kind: 'past-key', key: 'a' } })), ['[a/]', 'b']);
  assert.deepEqual(names(page(keys, { after: { kind: 'past-key', key: 'a/1' } })), ['a/2', 'b']);
});

test('a marker before or after the prefix is no harm', () => {
  const keys = objects('a', 'm/1', 'm/2', 'z');
  assert.deepEqual(names(page(keys, { prefix: 'm/', after: { kind: 'past-key', key: 'b' } })), ['m/1', 'm/2']);
  assert.deepEqual(names(page(keys, { prefix: 'm/', after: { kind: 'past-key', key: 'n' } })), []);
  assert.deepEqual(names(page(keys, { prefix: 'm/', after: { kind: 'past-prefix', prefix: 'm' } })), []);
  assert.deepEqual(names(page(keys, { prefix: 'm/', after: { kind: 'past-prefix', prefix: 'a' } })), ['m/1', 'm/2']);
});

test('the versions of one key may be cut in the middle', () => {
  const entries = [1, 2, 3].map((version) => ({ key: 'a', version }));
  const first = page(entries, { limit: 2 });
  assert.deepEqual(first.resume, { kind: 'past-mark', key: 'a', mark: 2 });
  assert.deepEqual(page(entries, { limit: 2, after: first.resume }).items, [{ kind: 'entry', entry: entries[2] }]);
});

test('without a delimiter a page is one read of one entry more than it holds', () => {
  const store = storeOf(objects(...Array.from({ length: 50 }, (_, at) => String(at).padStart(3, '0'))));
  page(store, { limit: 10 });
  assert.deepEqual([store.reads, store.entriesRead], [1, 11]);
});

test('a common prefix costs a seek, not its keys', () => {
  const keys: Entry[] = [];
  for (let directory = 0; directory < 5; directory++) {
    for (let file = 0; file < 2000; file++)
      keys.push({ key: `${directory}/${String(file).padStart(4, '0')}`, version: 0 });
  }
  const store = storeOf(keys);
  assert.equal(page(store, { delimiter: '/' }).items.length, 5);
  assert.ok(store.entriesRead < 60, `${store.entriesRead} entries read for five prefixes`);
});

/** Keys of directories, each with as many as `sizeOf` says. */
function directories(count: number, sizeOf: (directory: number) => number): string[] {
  return Array.from({ length: count }, (_, directory) =>
    Array.from({ length: sizeOf(directory) }, (_, file) => `${String(directory).padStart(4, '0')}/${file + 100}`),
  ).flat();
}

test('many large directories cost little more than one entry each', () => {
  const store = storeOf(objects(...directories(200, () => 60)));
  assert.equal(page(store, { delimiter: '/' }).items.length, 200);
  assert.ok(store.reads <= 201 && store.entriesRead < 330, `${store.reads} reads of ${store.entriesRead} entries`);
});

test('small directories behind large ones are noticed, and read through', () => {
  const store = storeOf(objects(...directories(400, (directory) => (directory < 100 ? 60 : 2))));
  assert.equal(page(store, { delimiter: '/' }).items.length, 400);
  assert.ok(store.reads < 150 && store.entriesRead < 1000, `${store.reads} reads of ${store.entriesRead} entries`);
});

test('keys behind large directories are read in batches', () => {
  const files = Array.from({ length: 300 }, (_, file) => `file-${file + 100}`);
  const store = storeOf(objects(...directories(50, () => 60), ...files));
  assert.equal(page(store, { delimiter: '/' }).items.length, 350);
  assert.ok(store.reads < 70, `${store.reads} reads`);
});

test('what is shown of a page is made of its entries alone', () => {
  const shown: string[] = [];
  const result = mapEntries(page(objects('a/1', 'a/2', 'b', 'c', 'd'), { delimiter: '/', limit: 3 }), ({ key }) => {
    shown.push(key);
    return key.toUpperCase();
  });
  assert.deepEqual(result, {
    items: [
      { kind: 'prefix', prefix: 'a/' },
      { kind: 'entry', entry: 'B' },
      { kind: 'entry', entry: 'C' },
    ],
    truncated: true,
    resume: { kind: 'past-mark', key: 'c', mark: 0 },
  });
  assert.deepEqual(shown, ['b', 'c']);
});

test('small directories are read through in large batches', () => {
  const keys = Array.from({ length: 900 }, (_, at) => `${String(Math.floor(at / 3)).padStart(4, '0')}/${at}`);
  const store = storeOf(objects(...keys));
  assert.equal(page(store, { delimiter: '/' }).items.length, 300);
  assert.ok(store.reads < 12, `${store.reads} reads for 300 directories of three keys`);
});

test('a read that answers later gives the same page, and its failure is the page’s', async () => {
  const store = storeOf(objects('a/1', 'a/2', 'b', 'c'));
  const query = { ...nothing, delimiter: '/', limit: 2, past };
  const read = async (position: Position, limit: number) => store.read(position, limit);
  const later = await listPage<Entry, number>({ ...query, read });
  assert.deepEqual(later, page(objects('a/1', 'a/2', 'b', 'c'), { delimiter: '/', limit: 2 }));
  const failing = async () => {
    throw new Error('engine');
  };
  await assert.rejects(async () => listPage<Entry, number>({ ...query, read: failing }), /engine/);
});

const letter = fc.constantFrom('a', 'b', '/', '-', '\uff5e', '\u{1f600}', 'é');
const key = fc.array(letter, { minLength: 1, maxLength: 6 }).map((letters) => letters.join(''));
const entries = fc.uniqueArray(fc.record({ key, version: fc.nat(2) }), {
  maxLength: 40,
  selector: ({ key: name, version }) => `${name}\0${version}`,
});
const prefixes = fc.oneof(
  fc.constant(''),
  fc.array(letter, { maxLength: 3 }).map((letters) => letters.join('')),
);
const delimiters = fc.constantFrom(undefined, '/', '-', '//', 'a/', '\u{1f600}');

/** What a whole listing is, written without a thought for cost. */
function reference(all: readonly Entry[], prefix: string, delimiter: string | undefined): string[] {
  const result: string[] = [];
  const ordered = [...all].sort(
    (a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || a.version - b.version,
  );
  for (const entry of ordered) {
    if (!entry.key.startsWith(prefix)) continue;
    const rest = entry.key.slice(prefix.length);
    const at = delimiter === undefined ? -1 : rest.indexOf(delimiter);
    const item = at < 0 ? `${entry.key}@${entry.version}` : `[${prefix}${rest.slice(0, at)}${delimiter}]`;
    if (at < 0 || !result.includes(item)) result.push(item);
  }
  return result;
}

test('the pages of a listing, one after the other, are the whole listing', () => {
  const property = fc.property(
    entries,
    prefixes,
    delimiters,
    fc.integer({ min: 1, max: 7 }),
    (all, prefix, delimiter, limit) => {
      const whole = reference(all, prefix, delimiter);
      const store = storeOf(all);
      const seen: string[] = [];
      let after: Position | undefined;
      do {
        const result = page(store, { prefix, limit, delimiter, after });
        assert.ok(result.items.length <= limit);
        assert.equal(result.truncated, result.resume !== undefined);
        if (result.truncated) assert.equal(result.items.length, limit);
        for (const item of result.items) {
          seen.push(item.kind === 'entry' ? `${item.entry.key}@${item.entry.version}` : `[${item.prefix}]`);
        }
        after = result.resume;
        assert.ok(seen.length <= whole.length, 'a listing that does not end');
      } while (after !== undefined);
      assert.deepEqual(seen, whole);
      assert.ok(store.largestRead <= limit + 1);
    },
  );
  fc.assert(property, { numRuns: 400 });
});

test('a listing continued by the names that clients see is the whole listing', () => {
  const property = fc.property(
    fc.uniqueArray(key, { maxLength: 40 }),
    delimiters,
    fc.integer({ min: 1, max: 5 }),
    (keys, delimiter, limit) => {
      const seen: string[] = [];
      const store = storeOf(objects(...keys));
      let after: Position | undefined;
      for (;;) {
        const result = page(store, { limit, delimiter, after });
        seen.push(...names(result));
        const last = result.items[result.items.length - 1];
        if (!result.truncated || last === undefined) break;
        // As ListObjects continues: NextMarker is the last key or the last prefix.
        after = { kind: 'past-key', key: last.kind === 'entry' ? last.entry.key : last.prefix };
      }
      const whole = reference(objects(...keys), '', delimiter).map((name) => name.replace(/@0$/, ''));
      assert.deepEqual(seen, whole);
    },
  );
  fc.assert(property, { numRuns: 300 });
});
