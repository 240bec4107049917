import type { CompiledLifecycle } from '../../domain/lifecycle/compiled-lifecycle.ts';
import { decideLifecycle, type LifecycleAction, type LifecycleTime } from '../../domain/lifecycle/decide-lifecycle.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { KeyPosition } from '../../records/keyspace.ts';
import type { VersionRecord } from '../../records/version-record.ts';
import { type ListedVersion, listVersions } from '../objects/list-objects.ts';
import { factsOf, type VersionPlace } from './version-facts.ts';

/** A version that the rules have something to do with now. */
export interface DueVersion {
  readonly key: string;
  readonly version: VersionRecord;
  readonly isLatest: boolean;
  readonly action: LifecycleAction;
}

export interface WalkedPage {
  readonly due: readonly DueVersion[];
  readonly seen: number;
  /** With which key a walk that is cut off here goes on. */
  readonly resumeKey: string;
}

/** Read at once, which takes about a millisecond. */
const pageLength = 250;

interface LifecycleWalkOptions {
  readonly lifecycle: CompiledLifecycle;
  readonly time: LifecycleTime;
  /** The first key to look at; empty for all. */
  readonly from: string;
}

/**
 * Looks at every version under the rules, in pages from one moment each, and tells which are due. What it tells may have
 * changed by the time somebody acts on it.
 */
export async function* walkVersions(
  { metadata }: { readonly metadata: MetadataEngine },
  bucket: BucketRecord,
  { lifecycle, time, from }: LifecycleWalkOptions,
): AsyncGenerator<WalkedPage, void> {
  for (const prefix of lifecycle.prefixes) {
    const isPast = compareUtf8(prefix, from) < 0 && !from.startsWith(prefix);
    if (isPast) continue;
    const reader = new KeyReader(bucket, lifecycle, time);
    let after: KeyPosition | undefined = compareUtf8(from, prefix) > 0 ? { kind: 'at-key', key: from } : undefined;
    for (;;) {
      const query = { bucketId: bucket.id, prefix, delimiter: undefined, after, limit: pageLength };
      const page = await listVersions({ metadata }, query);
      for (const item of page.items) if (item.kind === 'entry') reader.take(item.entry);
      if (!page.truncated) reader.end();
      yield { due: reader.drain(), seen: page.items.length, resumeKey: reader.lastKey ?? prefix };
      if (!page.truncated) break;
      after = page.resume;
    }
  }
}

/** Reads versions in their order and knows of each where it stands among those of its key. */
class KeyReader {
  readonly #bucket: BucketRecord;
  readonly #lifecycle: CompiledLifecycle;
  readonly #time: LifecycleTime;
  #due: DueVersion[] = [];
  #successor: string | undefined;
  #newerNoncurrent = 0;
  /** A delete marker that is the newest of its key: the next entry tells whether it is alone. */
  #marker: ListedVersion | undefined;
  lastKey: string | undefined;

  constructor(bucket: BucketRecord, lifecycle: CompiledLifecycle, time: LifecycleTime) {
    this.#bucket = bucket;
    this.#lifecycle = lifecycle;
    this.#time = time;
  }

  take(listed: ListedVersion): void {
    const { key, version, isLatest } = listed;
    if (this.#marker && this.#marker.key !== key) this.end();
    this.#marker = undefined;
    if (isLatest) {
      this.#successor = undefined;
      this.#newerNoncurrent = 0;
    }
    this.lastKey = key;
    if (isLatest && version.kind === 'delete-marker') this.#marker = listed;
    else this.#decide(listed, { successor: this.#successor, newerNoncurrent: this.#newerNoncurrent, isAlone: false });
    if (!isLatest && version.kind === 'object') this.#newerNoncurrent++;
    this.#successor = version.token;
  }

  /** There are no more versions of the last key. */
  end(): void {
    if (this.#marker) this.#decide(this.#marker, { successor: undefined, newerNoncurrent: 0, isAlone: true });
    this.#marker = undefined;
  }

  drain(): readonly DueVersion[] {
    const due = this.#due;
    this.#due = [];
    return due;
  }

  #decide({ key, version, isLatest }: ListedVersion, place: VersionPlace): void {
    const facts = factsOf(version, key, { place, versioning: this.#bucket.versioning, now: this.#time.now });
    const action = decideLifecycle(this.#lifecycle, facts, this.#time);
    if (action) this.#due.push({ key, version, isLatest, action });
  }
}
