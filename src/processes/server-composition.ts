import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../foundation/clock.ts';
import type { Logger } from '../foundation/logger.ts';
import type { Random } from '../foundation/random.ts';
import type { RenderTransportError } from '../http/transport-error.ts';
import type { RootCredentials } from '../services/data-directory/secret-files.ts';
import type { DeliveryWatch } from '../services/events/event-delivery.ts';
import type { AttemptExchange } from '../services/identity/attempts/attempt-exchange.ts';
import type { AllowanceSource } from '../services/rate-limits/allowances.ts';
import type { ReplicationBacklogOf } from '../services/replication/replication-status.ts';
import type { Settings } from '../settings.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import type { OutcomeSubscriber } from '../telemetry/outcome.ts';

export interface ServerContext {
  readonly settings: Settings;
  readonly masterKey: Buffer;
  readonly root: RootCredentials;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onOutcome: OutcomeSubscriber;
  /** Kept by the primary, for all its workers. */
  readonly allowances: AllowanceSource;
  /** Through which workers tell one another of guessed secrets; left out: there is one only. */
  readonly attemptExchange?: AttemptExchange | undefined;
}

/** A server without its port: engines, services and the S3 adapter, wired. */
export interface Server {
  handle(request: IncomingMessage, response: ServerResponse): void;
  readonly renderError: RenderTransportError;
  /** Ends answers that would go on for as long as somebody listens. */
  endStreams?(): void;
  /** Resolves when the engines answer. */
  ready(): Promise<void>;
  /** What it counts beside its requests. */
  metrics?(): MetricsSnapshot;
  /** Closes the engines. Nothing is in flight any more. */
  close(): Promise<void>;
}

/** Work that no request waits for. Resolves when the signal is aborted and what it had begun is finished. */
export type Background = (context: BackgroundContext, signal: AbortSignal) => Promise<void>;

export interface BackgroundContext extends Omit<ServerContext, 'onOutcome' | 'allowances' | 'attemptExchange'> {
  /** Before any worker of this server listened, in milliseconds since the epoch; the same for a replaced process. */
  readonly serverStartedAt: number;
  /** Shown with the other metrics. */
  readonly eventMetrics: DeliveryWatch;
  readonly replicationMetrics: { watch(read: () => AsyncIterable<ReplicationBacklogOf>): void };
}

export type ComposeServer = (context: ServerContext) => Promise<Server>;

/**
 * What the processes run; each loads its part, and loads it while it waits for its assignment. A test brings a
 * composition of its own, to stand in for an engine that fails.
 */
export interface Composition {
  loadServer(): Promise<ComposeServer>;
  loadBackground(): Promise<Background>;
}
