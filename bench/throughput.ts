import { Contents } from './contents.ts';
import { circumstancesOf, machineSentenceOf, sentenceOf } from './machine.ts';
import { recordRun } from './record-run.ts';
import type { ThroughputRun } from './recorded-run.ts';
import { removeBuckets } from './remove-buckets.ts';
import { type Measurement, runScenario } from './run-scenario.ts';
import { type Round, roundsOf } from './scenario-matrix.ts';
import { objectBytesOf, type Scenario, scenarios } from './scenarios.ts';
import { StoredSets } from './stored-sets.ts';
import { aimAt, startBaseline, startCairn, type Target } from './target.ts';
import { readOptions, type ThroughputOptions, usage } from './throughput-options.ts';
import { tableHead, tableRow } from './throughput-report.ts';

/*
 * How many requests the real program answers, and what each costs: docs/performance.md tells how to read the numbers.
 * `node bin/with-node.js bench/throughput.ts --help`
 */

/** Servers that are there now, to be stopped whatever happens. */
const targets: Target[] = [];

async function startTargets(options: ThroughputOptions): Promise<void> {
  if (options.baseline) targets.push(await startBaseline(options));
  targets.push(options.url ? aimAt(options.url, options) : await startCairn(options));
}

async function stopTargets(): Promise<void> {
  await Promise.all(targets.splice(0).map((target) => target.stop()));
}

function roundsFor({ matrix, only }: ThroughputOptions): readonly Round[] {
  if (matrix !== undefined) return roundsOf(matrix);
  return [scenarios.filter(({ name }) => only.length === 0 || only.some((wanted) => name.startsWith(wanted)))];
}

/** The servers take turns, so that a disk or a neighbour that slows down does so for both. */
async function measure(options: ThroughputOptions, round: Round, contents: Contents): Promise<Measurement[]> {
  let stores: readonly StoredSets[] = [];
  try {
    await startTargets(options);
    stores = targets.map((target) => new StoredSets(target, contents));
    for (const store of stores) await store.makeBuckets();
    const measurements: Measurement[] = [];
    for (const scenario of round) measurements.push(...(await measureInTurn(options, stores, scenario)));
    return measurements;
  } finally {
    if (options.clean) await clean(stores).catch(complain);
    await stopTargets();
  }
}

async function measureInTurn(
  options: ThroughputOptions,
  stores: readonly StoredSets[],
  scenario: Scenario,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const store of stores) {
    if (store.target.name === 'baseline' && scenario.kind === 'multipart') continue;
    const measured = await runScenario(store, scenario, options);
    if (measured === undefined) {
      console.error(`left out: ${scenario.name}, which would write more than --most-bytes`);
      return measurements;
    }
    if (!options.json) console.log(tableRow(measured, measurements[0]));
    measurements.push(measured);
  }
  return measurements;
}

async function clean(stores: readonly StoredSets[]): Promise<void> {
  const names = (store: StoredSets) => [store.bucketName('objects'), store.bucketName('listed')];
  for (const store of stores) await removeBuckets(store.target, names(store));
}

/** What goes wrong after a measurement must not hide what went wrong in it. */
function complain(error: unknown): void {
  console.error('the buckets could not be removed:', error);
  process.exitCode = 1;
}

async function run(options: ThroughputOptions): Promise<void> {
  const interrupted = () => void stopTargets().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const { url, clean: isCleaned } = options;
  if (url !== undefined) {
    const after = isCleaned ? 'and removes them in the end' : 'which stay: --clean removes them';
    console.error(`This makes load on ${url.host} and writes data there, in buckets bench-… ${after}.`);
  }
  const rounds = roundsFor(options);
  const circumstances = await circumstancesOf(options);
  const tell = url === undefined ? sentenceOf : machineSentenceOf;
  if (!options.json) console.log(`${tell(circumstances)}\n\n${tableHead()}`);
  const contents = new Contents(Math.max(...rounds.flat().map(objectBytesOf)));
  const measurements: Measurement[] = [];
  for (const round of rounds) measurements.push(...(await measure(options, round, contents)));
  const { seconds, mostBytes, baseline } = options;
  const kind = options.matrix === undefined ? 'throughput' : 'matrix';
  const recorded = { kind, ...circumstances, options: { seconds, mostBytes, baseline }, measurements } as const;
  if (options.json) console.log(JSON.stringify(url === undefined ? recorded : withoutServer(recorded), null, 2));
  if (options.record) console.error(`recorded in ${await recordRun(recorded)}: now npm run docs`);
}

/** Nothing is known of a server that somebody else has started. */
function withoutServer({ workers: _workers, sync: _sync, software, ...rest }: ThroughputRun) {
  return { ...rest, software: { node: software.node } };
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
