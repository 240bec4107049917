import type { RootCredentials } from '../services/data-directory/secret-files.ts';
import type { SeenAttempts } from '../services/identity/attempts/attempt-exchange.ts';
import type { Allowance, Want } from '../services/rate-limits/allowances.ts';
import type { Settings } from '../settings.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';

/** What a child process needs to know to do its part. Goes over the pipe: secrets are in no environment or command line. */
export interface Assignment {
  /** With the port that was found free, where the operator left the choice to the system. */
  readonly settings: Settings;
  /** In hexadecimal: the pipe carries JSON. */
  readonly masterKey: string;
  readonly root: RootCredentials;
  /** When the primary took the data directory, before any worker listened, in milliseconds since the epoch. */
  readonly serverStartedAt: number;
}

/** From the primary to a worker or to the background process. */
export type Order =
  | { readonly type: 'start'; readonly assignment: Assignment }
  /** Take no new work, finish what has begun, exit. */
  | { readonly type: 'drain' }
  /** Look again at certificates and log files. */
  | { readonly type: 'reload' }
  /** Tell your metrics. */
  | { readonly type: 'measure'; readonly question: number }
  /** The metrics of all processes, which this worker asked for. */
  | { readonly type: 'measured'; readonly question: number; readonly snapshots: readonly MetricsSnapshot[] }
  /** What this worker gets of what it asked to draw. */
  | { readonly type: 'drawn'; readonly question: number; readonly allowance: Allowance }
  /** What another worker has seen of those who guess. */
  | { readonly type: 'attempts'; readonly seen: SeenAttempts };

/** From a worker or the background process to the primary. */
export type Report =
  | { readonly type: 'listening' }
  /** The process cannot do its part, for a reason that the operator can read in one line; it exits. */
  | { readonly type: 'failed'; readonly line: string }
  | { readonly type: 'snapshot'; readonly question: number; readonly snapshot: MetricsSnapshot }
  /** A client asked this worker for the metrics of all. */
  | { readonly type: 'gather'; readonly question: number }
  /** This worker wants to let requests of somebody who has limits through. */
  | { readonly type: 'draw'; readonly question: number; readonly want: Want }
  /** It has moved more bytes than it had drawn. */
  | { readonly type: 'charge'; readonly want: Want }
  /** It has seen somebody guess, and the other workers are to know. */
  | { readonly type: 'attempts'; readonly seen: SeenAttempts };

/** Tells the primary; without effect when it is gone, for then this process is about to end. */
export function report(message: Report): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** The command-line words that make this program a child of a running server. Not for operators. */
export const roles = { worker: '--as-worker', background: '--as-background' } as const;
