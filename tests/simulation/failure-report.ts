import type { Plan } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate, type Verdict } from './simulate.ts';

/** So that shrinking takes about ten seconds. */
const shrinkRuns = 1500;

/** What a failing run prints: the seed, what is wrong, a smaller plan, its last steps, and one command. */
export async function failureReport(
  plan: Plan,
  play: (plan: Plan) => Promise<Verdict> = simulate,
  runs = shrinkRuns,
): Promise<string> {
  const { plan: small, tried } = await shrink(plan, play, { runs });
  const verdict = await play(small);
  const calls = small.clients.reduce((sum, client) => sum + client.calls.length, 0);
  return [
    `seed ${plan.seed} breaks a promise (${calls} calls left after ${tried} tries to leave some out; step ${verdict.steps}):`,
    ...verdict.violations,
    'the last steps:',
    ...verdict.lastLines.filter((line) => !line.includes('VIOLATION')).slice(-20),
    'the plan, for tests/simulation/corpus/:',
    JSON.stringify(small),
    'to see it again:',
    `  npm run simulate -- --seed ${plan.seed}`,
  ].join('\n');
}
