import { InvalidArgumentError } from 'commander';
import type { Clock } from '../foundation/clock.ts';
import type { StoreEngines } from '../services/verification/table-scan.ts';
import type { CrashTestSurroundings } from './crash-test/crash-test.ts';

/** A data directory opened beside the server that may be running on it. */
export interface OpenStore {
  /** Free of symbolic links. */
  readonly directory: string;
  /** For reading only. */
  readonly engines: StoreEngines;
  /** Of a server with these settings. */
  readonly workers: number;
}

/** What the commands that look at a store use, and how they speak. */
export interface InspectionContext {
  readonly clock: Clock;
  withStore<T>(dataDirectory: string | undefined, use: (store: OpenStore) => Promise<T>): Promise<T>;
  /** Gives room for a crash test on the same disk, and removes it afterwards. */
  withCrashTest<T>(
    dataDirectory: string | undefined,
    use: (surroundings: CrashTestSurroundings & { readonly directory: string }) => Promise<T>,
  ): Promise<T>;
  print(text: string): void;
  /** For progress: it is not part of what the command prints. */
  note(text: string): void;
  /** The exit code where the command itself went well: see `damageFound`. */
  exitWith(code: number): void;
}

/** Exit code of a check that found damage; 1 means that it could not be made. */
export const damageFound = 2;

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `90s`, `10m`, `2h` in milliseconds, for commander. */
export function durationOption(text: string): number {
  const [, number, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (number === undefined || Number(number) === 0)
    throw new InvalidArgumentError('It must be such as 90s, 10m or 2h.');
  return Number(number) * secondsOf[unit!]! * 1000;
}

const bytesOf: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** `500K`, `50M`, `1G` in bytes, for commander. */
export function bytesOption(text: string): number {
  const [, number, unit] = /^(\d{1,6})([KMG])$/.exec(text) ?? [];
  if (number === undefined || Number(number) === 0)
    throw new InvalidArgumentError('It must be such as 500K, 50M or 1G.');
  return Number(number) * bytesOf[unit!]!;
}
