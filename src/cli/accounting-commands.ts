import { InvalidArgumentError } from 'commander';
import { StorageError } from '../domain/errors.ts';
import type { Quota } from '../domain/quota.ts';
import type { RateLimits } from '../domain/rate-limits.ts';
import type { Usage } from '../records/usage-record.ts';
import type { UsageDifference } from '../services/quotas/recount-usage.ts';

/** A bucket by its name, or an account by its name or id. */
export type UsageTarget = { readonly bucket: string } | { readonly account: string };
/** An account by its name or id, or an access key by its id. */
export type LimitTarget = { readonly account: string } | { readonly key: string };

/** What is to become of bounds: left out stays, `none` goes. */
export type BoundChanges<Name extends string> = { readonly [N in Name]?: number | 'none' | undefined };

export interface UsageLine {
  readonly of: 'bucket' | 'account';
  readonly name: string;
  readonly usage: Usage;
  readonly quota: Quota | undefined;
  /** False for an account whose usage the server has yet to count. */
  readonly isComplete: boolean;
}

/** Quotas, usage and rate limits of a data directory, beside a server that may be running. */
export interface AccountingCommands {
  usageOf(target: UsageTarget): Promise<UsageLine>;
  /** Every account, each followed by its buckets. */
  allUsage(): AsyncIterable<UsageLine>;
  changeQuota(target: UsageTarget, changes: BoundChanges<'bytes' | 'objects'>): Promise<void>;
  recount(options: { readonly repairs: boolean }): AsyncIterable<UsageDifference>;
  limitsOf(target: LimitTarget): Promise<RateLimits | undefined>;
  changeLimits(target: LimitTarget, changes: BoundChanges<'bytes' | 'requests'>): Promise<void>;
}

/** What these commands use, and how they speak. */
export interface AccountingContext {
  withAccounting<T>(dataDirectory: string | undefined, use: (accounting: AccountingCommands) => Promise<T>): Promise<T>;
  print(text: string): void;
  /** The exit code where the command itself went well. */
  exitWith(code: number): void;
}

/** The bounds as they are to be. */
export function changedBounds<Name extends string>(
  bounds: { readonly [N in Name]?: number | undefined } | undefined,
  changes: BoundChanges<Name>,
): { readonly [N in Name]?: number | undefined } {
  const changed: { [N in Name]?: number | undefined } = { ...bounds };
  for (const name in changes) {
    const wanted: number | 'none' | undefined = changes[name];
    if (wanted === 'none') delete changed[name];
    else if (wanted !== undefined) changed[name] = wanted;
  }
  return changed;
}

/** Exactly one of two options. */
export function oneOf<First extends string, Second extends string>(
  [first, second]: readonly [First, Second],
  options: { readonly [N in First | Second]?: string | undefined },
): { readonly [N in First]: string } | { readonly [N in Second]: string } {
  const given = [first, second].filter((name) => options[name] !== undefined);
  if (given.length !== 1) {
    throw new StorageError('InvalidRequest', { message: `Give either --${first} or --${second}.` });
  }
  const name = given[0]!;
  return { [name]: options[name] } as { [N in First]: string };
}

const bytesOf: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40, P: 2 ** 50 };

/** `500M`, `10G`, `2T`, a plain number of bytes, or `none`, for commander. */
export function bytesBound(text: string): number | 'none' {
  if (text === 'none') return 'none';
  const [, number, unit] = /^(\d{1,15})([KMGTP]?)$/.exec(text) ?? [];
  const bytes = Number(number) * bytesOf[unit ?? '']!;
  if (number === undefined || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError('It must be a number of bytes such as 500M, 10G or 2T, or none.');
  }
  return bytes;
}

/** A whole number, or `none`, for commander. */
export function countBound(text: string): number | 'none' {
  if (text === 'none') return 'none';
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, or none.');
  return Number(text);
}

/** For rates, where nothing at all would be no rate. */
export function positive<T extends number | 'none'>(bound: T): T {
  if (bound === 0) throw new InvalidArgumentError('It must be more than 0. To shut a key out, disable it.');
  return bound;
}
