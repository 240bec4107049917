import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { failureReport } from './failure-report.ts';
import { Marks } from './marks.ts';
import { drawPlan, type Plan } from './plan.ts';
import { simulate } from './simulate.ts';

const usage = `npm run simulate -- --minutes 60            fresh seeds on every core
npm run simulate -- --runs 1000 [--from x]   so many seeds, which follow from x
npm run simulate -- --seed 8f3a              one seed
npm run simulate -- --plan file.json         one plan
--brief                                      says what fails, and does not look for a smaller plan`;

/** Answers the exit status: 1 where a promise was broken, 2 where nobody was told what to do. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      runs: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      plan: { type: 'string' },
      alone: { type: 'boolean' },
      brief: { type: 'boolean' },
    },
  });
  if (values.seed !== undefined) return runOne(drawPlan(values.seed), values.brief);
  if (values.plan !== undefined) return runOne(JSON.parse(await readFile(values.plan, 'utf8')) as Plan, values.brief);
  const base = values.from ?? randomBytes(6).toString('hex');
  if (values.runs !== undefined)
    return runMany(base, { brief: values.brief, goesOn: (run) => run < Number(values.runs) });
  if (values.minutes === undefined) {
    console.error(usage);
    return 2;
  }
  if (!values.alone) return onEveryCore(values.minutes, base);
  const end = performance.now() + Number(values.minutes) * 60_000;
  return runMany(base, { brief: values.brief, goesOn: () => performance.now() < end });
}

async function runOne(plan: Plan, brief = false): Promise<number> {
  const verdict = await simulate(plan);
  if (!brief) console.log(verdict.lastLines.join('\n'));
  if (verdict.violations.length === 0) {
    console.log(`seed ${plan.seed}: ${verdict.steps} steps, nothing wrong (${verdict.digest})`);
    return 0;
  }
  console.log(brief ? `seed ${plan.seed}: ${verdict.violations[0]}` : await failureReport(plan));
  return 1;
}

async function runMany(
  base: string,
  { goesOn, brief }: { goesOn: (run: number) => boolean; brief: boolean | undefined },
): Promise<number> {
  const marks = new Marks();
  let run = 0;
  let steps = 0;
  for (; goesOn(run); run++) {
    const plan = drawPlan(`${base}-${run}`);
    const verdict = await simulate(plan);
    steps += verdict.steps;
    marks.addAll(verdict.marks);
    if (verdict.violations.length === 0) continue;
    console.log(brief ? `seed ${plan.seed}, run ${run}: ${verdict.violations[0]}` : await failureReport(plan));
    return 1;
  }
  console.log(`${run} runs from seed ${base}, ${steps} steps, nothing wrong\n${marks.report()}`);
  const missing = marks.missing();
  if (run >= 5000 && missing.length > 0) {
    console.log(`busy, but not thorough: never met ${missing.join(', ')}`);
    return 1;
  }
  return 0;
}

async function onEveryCore(minutes: string, base: string): Promise<number> {
  const runs = Array.from({ length: availableParallelism() }, (_, core) => {
    const parameters = [import.meta.filename, '--alone', '--minutes', minutes, '--from', `${base}-${core}`];
    const child = spawn(process.execPath, parameters, { stdio: 'inherit' });
    return new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  });
  return Math.max(...(await Promise.all(runs)));
}

process.exitCode = await main();
