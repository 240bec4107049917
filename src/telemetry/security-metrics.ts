import type { AttemptLimiter } from '../services/identity/attempts/attempt-limiter.ts';
import type { RefusalJournal } from '../services/refusals/refusal-journal.ts';
import type { MetricsSnapshot } from './metrics.ts';

interface Counted {
  readonly attempts: Pick<AttemptLimiter, 'delayed' | 'refused'> | undefined;
  readonly refusals: Pick<RefusalJournal, 'dropped'> | undefined;
}

/** What a worker counts of those who guess, and of refusals that nobody can be told of. */
export function securityMetrics({ attempts, refusals }: Counted): MetricsSnapshot {
  return [
    counter(
      'cairn_guesses_delayed_total',
      'Answers that were held back, for somebody guesses secrets.',
      attempts?.delayed ?? 0,
    ),
    counter(
      'cairn_guesses_refused_total',
      'Such answers that were SlowDown, for too many are held back.',
      attempts?.refused ?? 0,
    ),
    counter(
      'cairn_refusals_dropped_total',
      'Refused requests that were not kept for people who ask why.',
      refusals?.dropped ?? 0,
    ),
  ];
}

function counter(name: string, help: string, value: number): MetricsSnapshot[number] {
  return { name, help, type: 'counter', aggregator: 'sum', values: [{ labels: {}, value }] };
}
