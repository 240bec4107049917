import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposeMetrics } from './metrics.ts';
import { securityMetrics } from './security-metrics.ts';

test('guesses and refusals that were dropped are counted over all workers', async () => {
  const one = securityMetrics({ attempts: { delayed: 3, refused: 1 }, refusals: { dropped: 5 } });
  const other = securityMetrics({ attempts: { delayed: 4, refused: 0 }, refusals: undefined });
  const { body } = await exposeMetrics([one, other]);
  assert.match(body, /^cairn_guesses_delayed_total 7$/m);
  assert.match(body, /^cairn_guesses_refused_total 1$/m);
  assert.match(body, /^cairn_refusals_dropped_total 5$/m);
});
