/** The most that an account, or one access key, may ask for a second. Left out: no bound. */
export interface RateLimits {
  readonly requests?: number | undefined;
  /** Of bodies, in both directions together. */
  readonly bytes?: number | undefined;
}

/** Something of which so much comes to be a second, and no more than a second's worth is kept. */
export interface Bucket {
  /** Negative: more was taken than was there, and has to come to be first. */
  readonly level: number;
  /** When the level was that, in milliseconds since the epoch. */
  readonly at: number;
}

/** What is there at `now`. A clock that goes back brings nothing, and takes nothing. */
export function refilled(bucket: Bucket | undefined, rate: number, now: number): Bucket {
  if (bucket === undefined) return { level: rate, at: now };
  const elapsed = Math.max(0, now - bucket.at);
  return { level: Math.min(rate, bucket.level + (elapsed * rate) / 1000), at: now };
}

/** How long it takes until at least `amount` is there again, in milliseconds. */
export function millisecondsUntil(amount: number, { level }: Bucket, rate: number): number {
  return level >= amount ? 0 : Math.ceil(((amount - level) * 1000) / rate);
}

/** The limits that one request is held to: those of its account, and those of its access key. */
export type AppliedLimits = readonly { readonly name: string; readonly limits: RateLimits }[];
