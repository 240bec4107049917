import type { EventTarget } from '../domain/events/event-target.ts';

/** What the commands about events do, on a data directory beside a server that may be running. */
export interface EventCommands {
  addTarget(
    target: EventTarget,
    how: { readonly secret: string | undefined; readonly replace: boolean },
  ): Promise<void>;
  listTargets(): Promise<readonly TargetSummary[]>;
  removeTarget(name: string): Promise<void>;
  /** Sends a test event, from this process. Rejects with what is wrong. */
  testTarget(name: string): Promise<void>;
  listDead(target: string): AsyncIterable<DeadSummary>;
  /** All of them where no ids are given. */
  retryDead(target: string, ids: readonly string[] | undefined): Promise<number>;
  dropDead(target: string, ids: readonly string[] | undefined): Promise<number>;
  /** ARNs that configurations of buckets may name the target by. */
  arnsOf(name: string, type: string): readonly string[];
}

export interface TargetSummary {
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly options: Readonly<Record<string, string>>;
  readonly accountIds: readonly string[];
  readonly waiting: number;
  readonly dead: number;
}

export interface DeadSummary {
  readonly id: string;
  readonly type: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
  /** Both ISO 8601. */
  readonly at: string;
  readonly diedAt: string;
  readonly reason: string;
}

export interface EventCommandContext {
  /** Opens the data directory, runs `use`, closes it again. */
  withEvents<T>(dataDirectory: string | undefined, use: (events: EventCommands) => Promise<T>): Promise<T>;
  print(text: string): void;
}
