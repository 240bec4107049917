/** Of the early runs, as a share: when more were in vain, running early costs more than it saves. */
const mostInVain = 0.25;
/** Transactions until another early run shows whether it pays by now. */
const pause = 256;

/** Finds out whether bodies are worth running early: not where they all read and write the same keys. */
export class EarlyPace {
  #inVain = 0;
  #left = 0;

  /** Asked once for each body. */
  get pays(): boolean {
    if (this.#left === 0) return true;
    this.#left--;
    return false;
  }

  /** What became of an early run. */
  note(held: boolean): void {
    this.#inVain += ((held ? 0 : 1) - this.#inVain) / 16;
    if (this.#inVain <= mostInVain) return;
    this.#left = pause;
    // So that the next ones are given a chance.
    this.#inVain = mostInVain / 2;
  }
}
