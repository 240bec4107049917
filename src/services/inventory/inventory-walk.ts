import type { InventoryConfiguration } from '../../domain/inventory/inventory-configuration.ts';
import type { ListingPosition } from '../../domain/listing/list-page.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { UnfinishedInventory } from '../../records/inventory-record.ts';
import { type ListedVersion, listObjects, listVersions } from '../objects/list-objects.ts';
import type { ServiceContext } from '../service-context.ts';

export interface WalkPlan {
  readonly bucket: BucketRecord;
  readonly configuration: InventoryConfiguration;
  readonly after: UnfinishedInventory['after'];
  /** The most versions of this walk. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** What is read from one moment. Each page is a snapshot of its own: none is held while a list is made. */
const pageSize = 1000;
/** Between two pages: the list has a day, requests have not. */
const restMilliseconds = 2;

/** A part of a bucket's versions, from where the last part ended. */
export class InventoryWalk {
  readonly #context: ServiceContext;
  readonly #plan: WalkPlan;
  /** Behind which version it has come. */
  position: UnfinishedInventory['after'];
  rows = 0;
  /** There is nothing behind it. */
  isAtEnd = false;
  /** It went as far as it should. */
  isComplete = false;

  constructor(context: ServiceContext, plan: WalkPlan) {
    this.#context = context;
    this.#plan = plan;
    this.position = plan.after;
  }

  async *versions(): AsyncGenerator<ListedVersion, void> {
    const { limit, signal } = this.#plan;
    while (this.rows < limit && !signal.aborted) {
      const page = await this.#page(Math.min(pageSize, limit - this.rows));
      for (const listed of page.versions) {
        this.rows++;
        yield listed;
        this.position = { key: listed.key, mark: listed.version.token };
      }
      if (!page.truncated) {
        this.isAtEnd = true;
        break;
      }
      await this.#context.clock.sleep(restMilliseconds, signal);
    }
    this.isComplete = this.isAtEnd || this.rows >= limit;
  }

  async #page(limit: number): Promise<{ versions: readonly ListedVersion[]; truncated: boolean }> {
    const { bucket, configuration } = this.#plan;
    const query = { bucketId: bucket.id, prefix: configuration.filterPrefix ?? '', delimiter: undefined, limit };
    if (configuration.versions === 'All') {
      const page = await listVersions(this.#context, { ...query, after: this.#afterVersion() });
      return {
        versions: page.items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : [])),
        truncated: page.truncated,
      };
    }
    const after = this.position && ({ kind: 'past-key', key: this.position.key } as const);
    const page = await listObjects(this.#context, { ...query, after });
    const versions = page.items.flatMap((item) => (item.kind === 'entry' ? [{ ...item.entry, isLatest: true }] : []));
    return { versions, truncated: page.truncated };
  }

  #afterVersion(): ListingPosition<string> | undefined {
    if (!this.position) return undefined;
    const { key, mark } = this.position;
    return mark === undefined ? { kind: 'past-key', key } : { kind: 'past-mark', key, mark };
  }
}
