/** Beyond this many, looking through all of them costs more than making a string of the key. */
const mostLookedThrough = 16;

/**
 * Things by their keys, in the order in which the keys came, as a Map has them. Mostly they are a few, and those are
 * looked through: V8 internalises each string that a Map is given or asked for, which costs more than a few comparisons.
 */
export class ByKey<T extends { readonly key: Buffer }> implements Iterable<T> {
  #few: T[] = [];
  /** All of them, once they are many. Latin-1 keeps every byte apart, so a key becomes a string in one copy. */
  #many: Map<string, T> | undefined;

  get size(): number {
    return this.#many?.size ?? this.#few.length;
  }

  find(key: Buffer): T | undefined {
    return this.#many ? this.#many.get(nameOf(key)) : this.#few[this.#placeOf(key)];
  }

  /** In the place of what was there under the same key, or at the end. */
  set(item: T): void {
    if (this.#many) {
      this.#many.set(nameOf(item.key), item);
      return;
    }
    const place = this.#placeOf(item.key);
    if (place >= 0) this.#few[place] = item;
    else if (this.#few.push(item) > mostLookedThrough) this.#becomeMany();
  }

  delete(key: Buffer): void {
    if (this.#many) {
      this.#many.delete(nameOf(key));
      return;
    }
    const place = this.#placeOf(key);
    if (place >= 0) this.#few.splice(place, 1);
  }

  clear(): void {
    this.#few = [];
    this.#many = undefined;
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#many ?? this.#few).values();
  }

  #placeOf(key: Buffer): number {
    for (let place = 0; place < this.#few.length; place++) {
      if (areSame(this.#few[place]!.key, key)) return place;
    }
    return -1;
  }

  #becomeMany(): void {
    this.#many = new Map(this.#few.map((item) => [nameOf(item.key), item]));
    this.#few = [];
  }
}

/** Keys begin with what they are the keys of and end with what tells them apart: most differ in one or the other. */
function areSame(a: Buffer, b: Buffer): boolean {
  const last = a.length - 1;
  return last === b.length - 1 && a[last] === b[last] && a[0] === b[0] && a.equals(b);
}

function nameOf(key: Buffer): string {
  return key.toString('latin1');
}
