import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { failureReport } from './failure-report.ts';
import { Marks } from './marks.ts';
import { drawPlan, type Plan } from './plan.ts';
import { simulate, type Verdict } from './simulate.ts';

const corpus = new URL('corpus/', import.meta.url);
const freshSeeds = 700;

const plans = await Promise.all(
  (await readdir(corpus))
    .sort()
    .map(async (name) => ({ name, plan: JSON.parse(await readFile(new URL(name, corpus), 'utf8')) as Plan })),
);

test('there is a corpus', () => {
  assert.ok(plans.length > 0);
});

for (const { name, plan } of plans) {
  test(`no promise is broken again: ${name}`, async () => {
    const { violations, lastLines, steps } = await simulate(plan);
    assert.ok(steps > 20, 'it ran');
    assert.deepEqual(violations, [], lastLines.join('\n'));
  });
}

test('equal plans run equally', async () => {
  let steps = 0;
  for (let run = 0; run < 10; run++) {
    const plan = drawPlan(`determinism ${run}`);
    const [first, second] = [await simulate(plan), await simulate(plan)];
    assert.equal(first.digest, second.digest, `seed ${plan.seed}`);
    steps += first.steps;
  }
  assert.ok(steps > 1000, 'something ran');
  assert.notEqual((await simulate(drawPlan('one'))).digest, (await simulate(drawPlan('another'))).digest);
});

test('a plan is plain JSON', () => {
  for (let run = 0; run < 50; run++) {
    const plan = drawPlan(`json ${run}`);
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), JSON.parse(JSON.stringify(drawPlan(`json ${run}`))));
  }
});

test(`no promise is broken in ${freshSeeds} fresh runs`, async (t) => {
  const base = randomBytes(6).toString('hex');
  t.diagnostic(`seeds ${base}-0 to ${base}-${freshSeeds - 1}`);
  const marks = new Marks();
  let overlaps = 0;
  for (let run = 0; run < freshSeeds; run++) {
    const plan = drawPlan(`${base}-${run}`);
    const verdict = await simulate(plan);
    if (verdict.violations.length > 0) assert.fail(await failureReport(plan));
    overlaps += verdict.overlaps;
    marks.addAll(verdict.marks);
  }
  assert.ok(overlaps > freshSeeds, `the runs tested concurrency: ${overlaps} calls overlapped`);
  const common = [
    'conflict retried',
    'fault',
    'process killed',
    'power cut',
    'upload completed',
    'blob reclaimed',
  ] as const;
  for (const name of common) assert.ok(marks.get(name) > 0, `nothing met: ${name}`);
});

test('a bug that shows in one seed of a hundred is found and reported with a command', async () => {
  // What it pretends to have found depends on the plan alone, as a real bug does.
  const play = async (plan: Plan): Promise<Verdict> => {
    const verdict = await simulate(plan);
    const copies = plan.clients.flatMap(({ calls }) =>
      calls.filter((call) => call.kind === 'copy' && call.from === call.key),
    );
    return copies.length < 4 ? verdict : { ...verdict, violations: [...verdict.violations, 'the canary sings'] };
  };
  let found: Plan | undefined;
  let run = 0;
  for (; run < 500 && !found; run++) {
    const plan = drawPlan(`canary-${run}`);
    if ((await play(plan)).violations.length > 0) found = plan;
  }
  assert.ok(found, 'the canary was heard');
  const report = await failureReport(found, play, 400);
  assert.match(report, /the canary sings/);
  assert.match(report, new RegExp(`npm run simulate -- --seed ${found.seed}$`));
  const small = JSON.parse(report.split('\n').find((line) => line.startsWith('{'))!) as Plan;
  assert.equal(small.clients.flatMap(({ calls }) => calls).length, 4, 'nothing is left but what it takes');
});
