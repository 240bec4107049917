import type { MetricsSnapshot } from './metrics.ts';

const counted = {
  delivered: 'Events that their target has taken.',
  failed: 'Tries to deliver an event that failed.',
  dead: 'Events that were given up: dead letters.',
  dropped: 'Dead letters that were dropped because there were too many.',
} as const;

/** The numbers of event deliveries, by target. */
export class EventMetrics {
  readonly #counts = new Map<keyof typeof counted, Map<string, number>>();
  readonly #standing = new Map<string, { readonly waiting: number; readonly dead: number }>();

  count(what: keyof typeof counted, target: string, amount: number): void {
    let byTarget = this.#counts.get(what);
    if (byTarget === undefined) {
      byTarget = new Map();
      this.#counts.set(what, byTarget);
    }
    byTarget.set(target, (byTarget.get(target) ?? 0) + amount);
  }

  stand(target: string, numbers: { readonly waiting: number; readonly dead: number }): void {
    this.#standing.set(target, numbers);
  }

  snapshot(): MetricsSnapshot {
    const counters = [...this.#counts].map(([what, byTarget]) => ({
      name: `cairn_events_${what}_total`,
      help: counted[what],
      type: 'counter',
      aggregator: 'sum',
      values: [...byTarget].map(([target, value]) => ({ labels: { target }, value })),
    }));
    const gauge = (name: string, help: string, pick: 'waiting' | 'dead') => ({
      name,
      help,
      type: 'gauge',
      aggregator: 'sum',
      values: [...this.#standing].map(([target, numbers]) => ({ labels: { target }, value: numbers[pick] })),
    });
    if (this.#standing.size === 0) return counters;
    return [
      ...counters,
      gauge('cairn_events_waiting', 'Events that wait for their target.', 'waiting'),
      gauge('cairn_events_dead_letters', 'Dead letters that the operator may look at.', 'dead'),
    ];
  }
}
