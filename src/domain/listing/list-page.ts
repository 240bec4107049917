import { compareUtf8 } from '../../foundation/byte-order.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';

/**
 * A place between two entries of an ordered listing.
 * - `at-key`: before the first entry whose key is `key` or later
 * - `past-key`: after every entry of `key`
 * - `past-prefix`: after every entry whose key begins with `prefix`
 * - `past-mark`: in the middle of the entries of `key`, after the one that `mark` stands for: whatever the caller needs
 *   to find it again (a version, an upload id). Where listings have one entry a key, it does not occur.
 */
export type ListingPosition<Mark = never> =
  | { readonly kind: 'at-key'; readonly key: string }
  | { readonly kind: 'past-key'; readonly key: string }
  | { readonly kind: 'past-prefix'; readonly prefix: string }
  | { readonly kind: 'past-mark'; readonly key: string; readonly mark: Mark };

/** What a page has in one place: an entry, or all entries whose keys share a prefix up to the delimiter. */
export type ListingItem<Entry> =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'prefix'; readonly prefix: string };

export interface ListPageQuery<Entry extends { readonly key: string }, Mark = never> {
  /**
   * At most `limit` entries from `position` on, in the order of the keys' UTF-8 bytes; fewer only where there are no
   * more. Those that do not begin with `prefix` may be left out. It is asked for more than the page needs only where a delimiter makes that cheaper than another seek.
   */
  read(position: ListingPosition<Mark>, limit: number): MaybePromise<readonly Entry[]>;
  /** The place just after an entry. Without it: after all entries of its key. */
  past?(entry: Entry): ListingPosition<Mark>;
  /** Only keys that begin with this; empty for all. */
  readonly prefix: string;
  /** Empty or undefined for none. It counts only after the prefix. */
  readonly delimiter: string | undefined;
  /** Where the page begins: the `resume` of the page before, or `past-key` of a marker. Undefined: at the start. */
  readonly after: ListingPosition<Mark> | undefined;
  /** The most items of the page: entries and prefixes count alike. */
  readonly limit: number;
}

export interface ListingPage<Entry, Mark = never> {
  readonly items: readonly ListingItem<Entry>[];
  /** Whether there are items after the page. */
  readonly truncated: boolean;
  /** The place after the last item; undefined unless truncated. */
  readonly resume: ListingPosition<Mark> | undefined;
}

/** The same page with something else in place of each entry: only what is on the page need be decoded. */
export function mapEntries<Entry, Shown, Mark>(
  { items, truncated, resume }: ListingPage<Entry, Mark>,
  show: (entry: Entry) => Shown,
): ListingPage<Shown, Mark> {
  const shown = items.map((item): ListingItem<Shown> => {
    return item.kind === 'entry' ? { kind: 'entry', entry: show(item.entry) } : item;
  });
  return { items: shown, truncated, resume };
}

/**
 * One page of a listing: the rule behind ListObjects, ListObjectsV2, ListObjectVersions, ListMultipartUploads and every
 * other listing by key. A common prefix costs one seek, however many keys it stands for. The page is there at once when
 * `read` answers at once.
 *
 * Begun in the middle of a common prefix (`after` a key that has the delimiter after the prefix), a page does not repeat
 * that prefix: it was an item of the page before. As on AWS, a limit of 0 gives an empty page that is not truncated.
 */
export function listPage<Entry extends { readonly key: string }, Mark = never>(
  query: ListPageQuery<Entry, Mark>,
): MaybePromise<ListingPage<Entry, Mark>> {
  const start = startOf(query);
  if (query.limit <= 0 || start === undefined) return { items: [], truncated: false, resume: undefined };
  return fill(new PageBuilder(query, start));
}

/** Reads and takes batches; goes on in `fillLater` as soon as a read has to be waited for. */
function fill<Entry extends { readonly key: string }, Mark>(
  builder: PageBuilder<Entry, Mark>,
): MaybePromise<ListingPage<Entry, Mark>> {
  while (!builder.complete) {
    const batch = builder.read();
    if (batch instanceof Promise) return fillLater(builder, batch);
    builder.take(batch);
  }
  return builder.page();
}

async function fillLater<Entry extends { readonly key: string }, Mark>(
  builder: PageBuilder<Entry, Mark>,
  first: Promise<readonly Entry[]>,
): Promise<ListingPage<Entry, Mark>> {
  builder.take(await first);
  while (!builder.complete) builder.take(await builder.read());
  return builder.page();
}

/** What reads with a delimiter ask for while nothing is known of the prefixes. */
const firstBatch = 16;
/** With up to this many entries a prefix, reading through is cheaper than seeking past. */
const denseRun = 4;
/** How many entries tell whether prefixes have so few. */
const probe = 2 * denseRun;
/** The most seeks from prefix to prefix between two probes; at first it is one, then twice as many after each. */
const longestStride = 32;

class PageBuilder<Entry extends { readonly key: string }, Mark> {
  complete = false;
  readonly #query: ListPageQuery<Entry, Mark>;
  readonly #delimiter: string;
  readonly #items: ListingItem<Entry>[] = [];
  #position: ListingPosition<Mark>;
  #batchSize: number;
  #truncated = false;
  /** How many prefixes are sought one by one after the next probe that finds many entries in one … */
  #stride = 1;
  /** … and before the next one. */
  #seeksLeft = 1;
  /** The common prefix that is being passed, as the last item: its other entries are dropped. */
  #passing: string | undefined;

  constructor(query: ListPageQuery<Entry, Mark>, start: ListingPosition<Mark>) {
    this.#query = query;
    this.#delimiter = query.delimiter ?? '';
    this.#position = start;
    this.#batchSize = this.#delimiter === '' ? query.limit + 1 : Math.min(query.limit + 1, firstBatch);
  }

  read(): MaybePromise<readonly Entry[]> {
    return this.#query.read(this.#position, this.#batchSize);
  }

  take(batch: readonly Entry[]): void {
    const had = this.#items.length;
    for (const entry of batch) {
      if (this.#passing !== undefined && entry.key.startsWith(this.#passing)) continue;
      this.#passing = undefined;
      const beyond = !entry.key.startsWith(this.#query.prefix);
      if (beyond || this.#items.length === this.#query.limit) {
        this.#finish({ truncated: !beyond });
        return;
      }
      this.#add(entry);
    }
    const last = batch[batch.length - 1];
    if (last === undefined || batch.length < this.#batchSize) {
      this.#finish({ truncated: false });
    } else {
      this.#position = this.#after(last);
      this.#adapt(batch.length, this.#items.length - had);
    }
  }

  page(): ListingPage<Entry, Mark> {
    const last = this.#items[this.#items.length - 1];
    if (!this.#truncated || last === undefined) return { items: this.#items, truncated: false, resume: undefined };
    const resume: ListingPosition<Mark> =
      last.kind === 'prefix' ? { kind: 'past-prefix', prefix: last.prefix } : this.#past(last.entry);
    return { items: this.#items, truncated: true, resume };
  }

  #add(entry: Entry): void {
    const prefix = commonPrefix(entry.key, this.#query.prefix, this.#delimiter);
    if (prefix === undefined) {
      this.#items.push({ kind: 'entry', entry });
    } else {
      this.#items.push({ kind: 'prefix', prefix });
      this.#passing = prefix;
    }
  }

  #after(last: Entry): ListingPosition<Mark> {
    return this.#passing === undefined ? this.#past(last) : { kind: 'past-prefix', prefix: this.#passing };
  }

  #past(entry: Entry): ListingPosition<Mark> {
    return this.#query.past?.(entry) ?? { kind: 'past-key', key: entry.key };
  }

  /**
   * The next batch: twice as large while most of the last was used; from prefix to prefix, one entry at a time, where
   * they hold many entries, with a look now and then at whether they still do.
   */
  #adapt(entries: number, items: number): void {
    let wanted = 1;
    if (entries > 1 && items * denseRun >= entries) {
      wanted = entries * 2;
      this.#stride = 1;
    } else if (entries > 1) {
      this.#seeksLeft = this.#stride;
      this.#stride = Math.min(this.#stride * 2, longestStride);
    } else if (this.#passing === undefined || --this.#seeksLeft <= 0) {
      wanted = probe;
    }
    this.#batchSize = Math.min(wanted, this.#query.limit - this.#items.length + 1);
  }

  #finish(end: { readonly truncated: boolean }): void {
    this.complete = true;
    this.#truncated = end.truncated;
  }
}

/** The key up to and with the first delimiter after the prefix, or undefined where none follows. */
function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Where to read first: the later of the start of the prefix and `after`. Undefined where nothing can follow. */
function startOf<Entry extends { readonly key: string }, Mark>(
  query: ListPageQuery<Entry, Mark>,
): ListingPosition<Mark> | undefined {
  const { after, prefix } = query;
  const beginning = { kind: 'at-key', key: prefix } as const;
  if (after === undefined) return beginning;
  if (after.kind === 'past-prefix') {
    if (prefix.startsWith(after.prefix)) return undefined;
    return compareUtf8(after.prefix, prefix) < 0 ? beginning : after;
  }
  if (compareUtf8(after.key, prefix) < 0) return beginning;
  if (!after.key.startsWith(prefix) || after.kind === 'at-key') return after;
  const passed = commonPrefix(after.key, prefix, query.delimiter ?? '');
  return passed === undefined ? after : { kind: 'past-prefix', prefix: passed };
}
