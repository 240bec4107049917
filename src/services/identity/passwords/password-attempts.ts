import { networkOf } from '../../../domain/address-network.ts';
import type { Clock } from '../../../foundation/clock.ts';
import { RecentMap } from '../../../foundation/recent-map.ts';
import type { AttemptExchange, TellAttempts } from '../attempts/attempt-exchange.ts';

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

interface Bounds {
  /** Failures without a wait. */
  readonly free: number;
  /** The first wait, in milliseconds; each failure more doubles it. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** After so long without a failure those of before are forgotten. */
  readonly forgottenAfter: number;
}

const minute = 60_000;
const waits = { firstWait: 1000, longestWait: 15 * minute, forgottenAfter: 60 * minute };
const ofNames: Bounds = { free: 5, ...waits };
/** Many people may be behind one address. */
const ofAddresses: Bounds = { free: 30, ...waits };
/** Of each kind; beyond that those who failed the longest ago are forgotten first. */
const remembered = 16_384;

/** Whom an attempt to sign in is counted for. */
export interface PasswordAttempt {
  readonly accountId: string;
  /** Whether or not there is such a user. */
  readonly name: string;
  readonly address: string;
}

/**
 * Makes those wait who guess passwords: by the user whom they guess for, and by where they are. What failed in
 * other processes of the server counts as well, a moment later.
 */
export class PasswordAttempts {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #names = new RecentMap<string, Failures>(remembered);
  readonly #addresses = new RecentMap<string, Failures>(remembered);

  readonly #tellOfName: TellAttempts | undefined;
  readonly #tellOfAddress: TellAttempts | undefined;

  /** `kind`: of which passwords, for the others who count the same. */
  constructor(clock: Pick<Clock, 'now'>, kind = 'password', exchange?: AttemptExchange) {
    this.#clock = clock;
    this.#tellOfName = exchange?.join(`${kind} of name`, (name, failed) => {
      if (failed === 0) this.#names.delete(name);
      else this.#raise(this.#names, name, { by: failed, bounds: ofNames });
    });
    this.#tellOfAddress = exchange?.join(`${kind} from network`, (network, failed) =>
      this.#raise(this.#addresses, network, { by: failed, bounds: ofAddresses }),
    );
  }

  /** How long this one has to wait still, in milliseconds; 0 for one that may try. */
  wait(attempt: PasswordAttempt): number {
    return Math.max(
      this.#waitOf(this.#names.get(nameOf(attempt)), ofNames),
      this.#waitOf(this.#addresses.get(networkOf(attempt.address)), ofAddresses),
    );
  }

  /**
   * To be called before the password is looked at, so that many guesses at once count, too. What came of it is told by one of the
   * others.
   */
  begin(attempt: PasswordAttempt): void {
    this.#raise(this.#names, nameOf(attempt), { by: 1, bounds: ofNames });
    this.#raise(this.#addresses, networkOf(attempt.address), { by: 1, bounds: ofAddresses });
  }

  /** The password was wrong, and others are to know. */
  failed(attempt: PasswordAttempt): void {
    this.#tellOfName?.(nameOf(attempt), 1);
    this.#tellOfAddress?.(networkOf(attempt.address), 1);
  }

  /** Of the address only this attempt is forgotten: who has one password right may still guess others'. */
  succeeded(attempt: PasswordAttempt): void {
    const name = nameOf(attempt);
    // Where it was the first attempt, nobody has anything to forget.
    if ((this.#names.get(name)?.count ?? 0) > 1) this.#tellOfName?.(name, 0);
    this.#names.delete(name);
    takeBackOne(this.#addresses, networkOf(attempt.address));
  }

  /** It was never looked at whether it was right. */
  abandoned(attempt: PasswordAttempt): void {
    takeBackOne(this.#names, nameOf(attempt));
    takeBackOne(this.#addresses, networkOf(attempt.address));
  }

  #raise(
    failures: RecentMap<string, Failures>,
    key: string,
    { by, bounds }: { readonly by: number; readonly bounds: Bounds },
  ): void {
    const known = failures.get(key);
    const count = known && this.#counts(known, bounds) ? known.count : 0;
    failures.set(key, { count: count + by, lastAt: this.#clock.now() });
  }

  #waitOf(known: Failures | undefined, bounds: Bounds): number {
    if (!known || !this.#counts(known, bounds) || known.count < bounds.free) return 0;
    const wait = Math.min(bounds.firstWait * 2 ** Math.min(known.count - bounds.free, 30), bounds.longestWait);
    return Math.max(0, known.lastAt + wait - this.#clock.now());
  }

  #counts({ lastAt }: Failures, { forgottenAfter }: Bounds): boolean {
    return this.#clock.now() - lastAt < forgottenAfter;
  }
}

function takeBackOne(failures: RecentMap<string, Failures>, key: string): void {
  const known = failures.get(key);
  if (known) failures.set(key, { ...known, count: Math.max(0, known.count - 1) });
}

/** Names are the same whatever their case. */
function nameOf({ accountId, name }: PasswordAttempt): string {
  return `${accountId}/${name.slice(0, 128).toLowerCase()}`;
}
