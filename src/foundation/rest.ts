/** A time of rest that ends by itself, also where the clock is set back meanwhile: nobody rests for longer than was meant. */
export class Rest {
  readonly #from: number;
  readonly #until: number;

  /** From `now` on, in milliseconds since the epoch. */
  constructor(now: number, milliseconds: number) {
    this.#from = now;
    this.#until = now + milliseconds;
  }

  isOver(now: number): boolean {
    return now < this.#from || now >= this.#until;
  }
}
