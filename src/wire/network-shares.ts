import { networkOf } from '../domain/address-network.ts';
import { StorageError } from '../domain/errors.ts';

/** What each network may hold at once of something that strangers ask for, so that none of them holds all there is. */
export class NetworkShares {
  readonly #share: number;
  /** Of networks that hold something now. */
  readonly #held = new Map<string, number>();

  constructor(share: number) {
    this.#share = share;
  }

  /** Throws SlowDown where the network of the address has its share. */
  async hold<T>(address: string, amount: number, use: () => Promise<T>): Promise<T> {
    const network = networkOf(address);
    this.#change(network, amount);
    try {
      return await use();
    } finally {
      this.#change(network, -amount);
    }
  }

  #change(network: string, amount: number): void {
    const held = (this.#held.get(network) ?? 0) + amount;
    if (amount > 0 && held > this.#share) throw new StorageError('SlowDown');
    if (held === 0) this.#held.delete(network);
    else this.#held.set(network, held);
  }
}
