import type { ReadBytes } from './text-input.ts';

/** What a job may do: read what it is sent, and answer. */
export interface JobStreams {
  readonly read: ReadBytes;
  answer(records: string | Buffer): void;
}
