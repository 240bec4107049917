/** Bodies that take longer than this, in milliseconds on average, wait for the disk: in memory they take a tenth of it. */
const slowBody = 0.25;
/** In milliseconds. After that the next bodies show whether it still is so. */
const believed = 2000;

/** Finds out from the pace of transactions whether what they read is in memory, or has to be fetched from the disk. */
export class ReadingPace {
  readonly #now: () => number;
  #average = 0;
  #farUntil = Number.NEGATIVE_INFINITY;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** What a batch took, without its sync. */
  note({ milliseconds, bodies }: { readonly milliseconds: number; readonly bodies: number }): void {
    this.#average += (milliseconds / Math.max(1, bodies) - this.#average) / 8;
    if (this.#average > slowBody) this.#farUntil = this.#now() + believed;
  }

  get isFar(): boolean {
    return this.#now() < this.#farUntil;
  }
}
