/** Bodies that take longer than this, in milliseconds on average, wait for the disk: in memory they take a tenth of it. */
const slowBody = 0.25;
/**
 * What one batch counts for at most, in milliseconds a body: a single pause (compiling, collecting, a busy machine) is
 * no disk, however long it is.
 */
const slowestCounted = 1;
/** In milliseconds. After that the next bodies show whether it still is so. */
const believed = 2000;

/** Finds out from the pace of transactions whether what they read is in memory, or has to be fetched from the disk. */
export class ReadingPace {
  readonly #now: () => number;
  #bodies = 0;
  #average = 0;
  #farUntil = Number.NEGATIVE_INFINITY;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Times a body that runs by itself, and answers what to call when it has run. Only one of eight: looking at the clock
   * twice costs up to a twentieth of what a body does.
   */
  sample(): (() => void) | undefined {
    if (this.#bodies++ % 8 !== 0) return undefined;
    const startedAt = this.#now();
    return () => this.note({ milliseconds: this.#now() - startedAt, bodies: 1 });
  }

  /** What a batch took, without its sync. */
  note({ milliseconds, bodies }: { readonly milliseconds: number; readonly bodies: number }): void {
    const each = Math.min(milliseconds / Math.max(1, bodies), slowestCounted);
    this.#average += (each - this.#average) / 8;
    if (this.#average > slowBody) this.#farUntil = this.#now() + believed;
  }

  get isFar(): boolean {
    return this.#now() < this.#farUntil;
  }
}
