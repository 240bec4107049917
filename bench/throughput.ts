import { type Measurement, ScenarioRunner } from './run-scenario.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { aimAt, startBaseline, startCairn, type Target } from './target.ts';
import { readOptions, type ThroughputOptions, usage } from './throughput-options.ts';
import { circumstances, tableHead, tableRow } from './throughput-report.ts';

/*
 * How many requests the real program answers, and what each costs: docs/performance.md tells how to read the numbers.
 * `node bin/with-node.js bench/throughput.ts --help`
 */

async function startTargets(options: ThroughputOptions, started: Target[]): Promise<void> {
  if (options.baseline) started.push(await startBaseline(options));
  started.push(options.url ? aimAt(options.url, options.pid) : await startCairn(options));
}

/** The servers take turns, so that a disk or a neighbour that slows down does so for both. */
async function measure(options: ThroughputOptions, targets: readonly Target[]): Promise<Measurement[]> {
  const runners = targets.map((target) => new ScenarioRunner(target, options.seconds));
  for (const runner of runners) await runner.makeBuckets();
  const measurements: Measurement[] = [];
  for (const scenario of chosen(options)) {
    let reference: Measurement | undefined;
    for (const runner of runners) {
      const measured = await runner.run(scenario);
      if (!options.json) console.log(tableRow(scenario, measured, reference));
      measurements.push(measured);
      reference = measured;
    }
  }
  return measurements;
}

function chosen({ only }: ThroughputOptions): readonly Scenario[] {
  return scenarios.filter(({ name }) => only.length === 0 || only.some((wanted) => name.startsWith(wanted)));
}

async function run(options: ThroughputOptions): Promise<void> {
  const targets: Target[] = [];
  const stopAll = () => Promise.all(targets.map((target) => target.stop()));
  const interrupted = () => void stopAll().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const facts = circumstances(options);
  try {
    await startTargets(options, targets);
    if (!options.json) {
      console.log(
        `${Object.entries(facts)
          .map(([name, value]) => `${name} ${value}`)
          .join(' · ')}\n\n${tableHead()}`,
      );
    }
    const measurements = await measure(options, targets);
    if (options.json) console.log(JSON.stringify({ ...facts, measurements }, null, 2));
  } finally {
    await stopAll();
  }
}

let options: ThroughputOptions | 'help' | undefined;
try {
  options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(usage);
  else await run(options);
} catch (error) {
  // A mistake on the command line needs no stack.
  console.error(options === undefined && error instanceof Error ? error.message : error);
  process.exitCode = options === undefined ? 2 : 1;
}
