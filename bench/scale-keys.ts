import type { ExpectedPage } from './listing-plan.ts';
import { padded, pageLength } from './scenarios.ts';

/** Folders that `/` makes. */
const folders = 100;
/** Keys in each group that `_` makes. */
const keysPerGroup = 10;

/** The keys that fill a store: they count up, in 100 folders by `/` and in groups of ten by `_`. */
export class ScaleKeys {
  readonly count: number;

  /** A multiple of 10,000. */
  constructor(count: number) {
    this.count = count;
  }

  keyOf(index: number): string {
    return `${this.#folderOf(index)}${this.#groupOf(index)}${index % keysPerGroup}`;
  }

  /** A key beside one of them, each somewhere else. */
  keyBeside(index: number): string {
    // Knuth's multiplicative hashing; the index makes it a new key.
    return `${this.keyOf((Math.imul(index, 2_654_435_761) >>> 0) % this.count)}-${padded(index, 9)}`;
  }

  /** Each key once, in an order that is as good as random. */
  shuffled(): Uint32Array {
    const order = Uint32Array.from({ length: this.count }, (_, index) => index);
    for (let i = order.length - 1; i > 0; i--) {
      const other = Math.floor(Math.random() * (i + 1));
      const taken = order[i]!;
      order[i] = order[other]!;
      order[other] = taken;
    }
    return order;
  }

  get flatPages(): number {
    return this.count / pageLength;
  }

  flatPage(bucket: string, page: number): ExpectedPage {
    const first = page * pageLength;
    const entries = Array.from({ length: pageLength }, (_, entry) => this.keyOf(first + entry));
    return { bucket, startAfter: first === 0 ? undefined : this.keyOf(first - 1), entries };
  }

  get groupPages(): number {
    return this.count / pageLength / keysPerGroup;
  }

  groupPage(bucket: string, page: number): ExpectedPage {
    const first = page * pageLength * keysPerGroup;
    const entries = Array.from({ length: pageLength }, (_, entry) => {
      const index = first + entry * keysPerGroup;
      return `${this.#folderOf(index)}${this.#groupOf(index)}`;
    });
    return { bucket, delimiter: '_', startAfter: first === 0 ? undefined : this.keyOf(first - 1), entries };
  }

  folderPage(bucket: string): ExpectedPage {
    const entries = Array.from({ length: folders }, (_, folder) => this.#folderOf((folder * this.count) / folders));
    return { bucket, delimiter: '/', entries };
  }

  #folderOf(index: number): string {
    return `folder-${padded(Math.floor((index * folders) / this.count), 2)}/`;
  }

  #groupOf(index: number): string {
    return `group-${padded(Math.floor(index / keysPerGroup), 8)}_`;
  }
}
