import type { ReplicationBacklogOf } from '../services/replication/replication-status.ts';
import type { MetricsSnapshot } from './metrics.ts';

/** Series of each metric: so many destinations that are furthest behind by name, and all others together. */
const mostDestinations = 100;
const others = { bucket: 'other', target: 'other' } as const;

/** How far the destinations of replication are behind: of those that something waits for, or that have refused something. */
export class ReplicationMetrics {
  #read: (() => AsyncIterable<ReplicationBacklogOf>) | undefined;

  /** Before this there is nothing to tell. */
  watch(read: () => AsyncIterable<ReplicationBacklogOf>): void {
    this.#read = read;
  }

  /** Read when it is asked for, so that it is true though nothing is replicated at all. */
  async snapshot(): Promise<MetricsSnapshot> {
    const backlogs = await Array.fromAsync(this.#read?.() ?? []);
    if (backlogs.length === 0) return [];
    const shown = bounded(backlogs);
    const gauge = (name: string, help: string, read: (backlog: ReplicationBacklogOf) => number) => ({
      name: `cairn_replication_${name}`,
      help,
      type: 'gauge',
      aggregator: 'sum',
      values: shown.map((backlog) => {
        return { labels: { bucket: backlog.bucket, target: backlog.target }, value: read(backlog) };
      }),
    });
    return [
      gauge('waiting', 'Changes that wait for a destination.', ({ waiting }) => waiting),
      gauge('waiting_bytes', 'Bytes of objects among them.', ({ waitingBytes }) => waitingBytes),
      gauge(
        'lag_seconds',
        'How long the first of them has waited.',
        ({ lagMilliseconds = 0 }) => lagMilliseconds / 1000,
      ),
      gauge('refused', 'Changes that a destination has refused.', ({ refused }) => refused),
    ];
  }
}

function bounded(backlogs: readonly ReplicationBacklogOf[]): readonly ReplicationBacklogOf[] {
  const sorted = backlogs.toSorted(
    (a, b) => (b.lagMilliseconds ?? -1) - (a.lagMilliseconds ?? -1) || b.waiting - a.waiting || b.refused - a.refused,
  );
  const shown = sorted.slice(0, mostDestinations);
  const rest = sorted.slice(mostDestinations);
  if (rest.length === 0) return shown;
  const sum = (read: (backlog: ReplicationBacklogOf) => number) => rest.reduce((all, one) => all + read(one), 0);
  return [
    ...shown,
    {
      ...others,
      waiting: sum(({ waiting }) => waiting),
      waitingBytes: sum(({ waitingBytes }) => waitingBytes),
      // They are in the order of their lags.
      lagMilliseconds: rest[0]!.lagMilliseconds,
      refused: sum(({ refused }) => refused),
    },
  ];
}
