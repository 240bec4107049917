import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { applyLoad } from './apply-load.ts';
import { ask } from './ask.ts';
import { Contents } from './contents.ts';
import { fillOverHttp, fillPastServer } from './fill-store.ts';
import { pageOperations } from './listing-plan.ts';
import { circumstancesOf, sentenceOf } from './machine.ts';
import { memoryOf, workersOf } from './process-usage.ts';
import { recordRun } from './record-run.ts';
import type { ScaleRun, WorkerMemory } from './recorded-run.ts';
import { type Measurement, measurePlan } from './run-scenario.ts';
import { ScaleKeys } from './scale-keys.ts';
import { readScaleOptions, type ScaleOptions, scaleUsage } from './scale-options.ts';
import { kibibyte, mebibyte, pageLength } from './scenarios.ts';
import { type StoredObjects, StoredSets } from './stored-sets.ts';
import { startCairnIn, type Target } from './target.ts';
import { tableHead, tableRow } from './throughput-report.ts';

/*
 * What many keys do to a store: `node bin/with-node.js bench/scale.ts --keys 1000000`. Measures PUT in an empty store,
 * fills it in random order, starts the server again, and measures listings, GET and PUT in the full one.
 */

const putBytes = 4 * kibibyte;
const putsPerSecond = 30_000;
const mostPutBytes = 4096 * mebibyte;
const randomReads = 10_000;
const restMilliseconds = 2000;
const warmUpSeconds = 2;

/** The server that is there now. */
let running: Target | undefined;

class ScaleBench {
  readonly #options: ScaleOptions;
  readonly #data: string;
  readonly #contents: Contents;
  readonly #keys: ScaleKeys;
  /** What fills the store. */
  readonly #objects: StoredObjects;

  constructor(options: ScaleOptions, data: string) {
    this.#options = options;
    this.#data = data;
    this.#contents = new Contents(Math.max(options.bytes, putBytes));
    this.#keys = new ScaleKeys(options.keys);
    const keyOf = (index: number) => this.#keys.keyOf(index);
    this.#objects = { bucket: 'listed', objectBytes: options.bytes, keyOf, etags: [] };
  }

  async run(): Promise<Pick<ScaleRun, 'fill' | 'firstAnswerMilliseconds' | 'measurements' | 'worker'>> {
    const order = this.#keys.shuffled();
    let sets = await this.#start();
    await sets.makeBuckets();
    const empty = this.#tell(await this.#put(sets, 'put-empty', 'objects'));
    const filling = { sets, objects: this.#objects, order };
    const { overHttp } = this.#options;
    if (!overHttp) await stopServer();
    const fill = overHttp ? await fillOverHttp(filling) : await fillPastServer(this.#data, filling);
    await stopServer();

    const startedAt = performance.now();
    sets = await this.#start();
    await ask(sets.target, { method: 'GET', path: sets.pathOf(this.#objects, order[0]!) });
    const firstAnswerMilliseconds = performance.now() - startedAt;
    await wait(restMilliseconds);
    const atRest = largestWorker(sets.target);
    const measurements: ScaleRun['measurements'][number][] = [empty];
    for (const measured of await this.#listings(sets)) measurements.push(measured);
    measurements.push(this.#tell(await this.#randomReads(sets, order.subarray(0, randomReads))));
    const full = this.#tell(await this.#put(sets, 'put-full', 'listed'), empty);
    measurements.push({ ...full, ratioToEmpty: full.operationsPerSecond / empty.operationsPerSecond });
    const after = largestWorker(sets.target);
    await stopServer();
    return { fill, firstAnswerMilliseconds, measurements, worker: { atRest, after } };
  }

  async #start(): Promise<StoredSets> {
    running = await startCairnIn(this.#data, { workers: this.#options.workers, sync: 'durable' });
    return new StoredSets(running, this.#contents);
  }

  /** New keys, each beside another one of those that fill the store. */
  #put(sets: StoredSets, name: string, bucket: 'objects' | 'listed'): Promise<Measurement> {
    const { seconds } = this.#options;
    const keyOf = (index: number) => this.#keys.keyBeside(index);
    const objects: StoredObjects = { bucket, objectBytes: putBytes, keyOf, etags: [] };
    const count = Math.min(Math.ceil(putsPerSecond * (seconds + 0.5)), mostPutBytes / putBytes);
    const title = `PUT 4 KiB, ${bucket === 'objects' ? 'empty' : 'full'} store`;
    const verify = (performed: number) => sets.readBack(objects, performed);
    const plan = { operations: sets.puts(objects, count), repeats: false, bytesPerOperation: putBytes, verify };
    return measurePlan(sets.target, plan, { name, title, connections: 32, seconds });
  }

  async #listings(sets: StoredSets): Promise<Measurement[]> {
    const bucket = sets.bucketName('listed');
    const keys = this.#keys;
    const which = [
      ['first', () => 0],
      ['middle', (pages: number) => Math.floor(pages / 2)],
      ['last', (pages: number) => pages - 1],
    ] as const;
    const pages = [
      ...which.map(([place, pick]) => [`flat, ${place} page`, keys.flatPage(bucket, pick(keys.flatPages))] as const),
      ...which.map(
        ([place, pick]) => [`folders of 10, ${place} page`, keys.groupPage(bucket, pick(keys.groupPages))] as const,
      ),
      ['100 folders', keys.folderPage(bucket)] as const,
    ];
    // A server that has just started is slower at first, which would be put down to the page that comes first.
    const all = pageOperations(
      sets.target,
      pages.map(([, page]) => page),
    );
    await applyLoad(sets.target, {
      operations: all,
      connections: 8,
      from: 0,
      until: undefined,
      seconds: warmUpSeconds,
    });
    const measurements: Measurement[] = [];
    for (const [title, page] of pages) {
      const plan = {
        operations: pageOperations(sets.target, [page]),
        repeats: true,
        entriesPerOperation: page.entries.length,
      };
      const name = `list-${title.replace(/\W+/g, '-')}`;
      const frame = { name, title: `LIST ${title}`, connections: 1, seconds: this.#options.seconds };
      measurements.push(this.#tell(await measurePlan(sets.target, plan, frame)));
    }
    return measurements;
  }

  #randomReads(sets: StoredSets, indexes: Uint32Array): Promise<Measurement> {
    const heads = sets.prepare('GET', this.#objects, indexes);
    const begin = (turn: number) => sets.readStep(this.#objects, indexes[turn]!, { method: 'GET', head: heads(turn) });
    const { seconds, bytes } = this.#options;
    const plan = { operations: { count: indexes.length, begin }, repeats: true, bytesPerOperation: bytes };
    const frame = { name: 'get-random', title: 'GET of random keys', connections: 32, seconds };
    return measurePlan(sets.target, plan, frame);
  }

  #tell(measured: Measurement, reference?: Measurement): Measurement {
    if (!this.#options.json) console.log(tableRow(measured, reference));
    return measured;
  }
}

async function stopServer(): Promise<void> {
  const target = running;
  running = undefined;
  await target?.stop();
}

function largestWorker({ pid }: Target): WorkerMemory {
  const memory = workersOf(pid!).map(memoryOf);
  return {
    privateMegabytes: Math.max(...memory.map(({ own }) => own)) / 1e6,
    residentMegabytes: Math.max(...memory.map(({ resident }) => resident)) / 1e6,
  };
}

async function run(options: ScaleOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-bench-scale-'));
  const remove = () => rm(directory, { recursive: true, force: true, maxRetries: 20 });
  const interrupted = () =>
    void stopServer()
      .then(remove)
      .finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const circumstances = await circumstancesOf({ workers: options.workers, sync: 'durable' });
    if (!options.json) console.log(`${sentenceOf(circumstances)}\n\n${tableHead()}`);
    const result = await new ScaleBench(options, join(directory, 'data')).run();
    const { keys, bytes, seconds, overHttp } = options;
    const recorded = {
      kind: 'scale',
      ...circumstances,
      options: { keys, bytes, seconds, overHttp },
      ...result,
    } as const;
    if (options.json) console.log(JSON.stringify(recorded, null, 2));
    else console.log(`\n${summaryOf(recorded)}`);
    if (options.record) console.error(`recorded in ${await recordRun(recorded)}: now npm run docs`);
  } finally {
    await stopServer();
    await remove();
  }
}

function summaryOf({ options, fill, firstAnswerMilliseconds, worker }: ScaleRun): string {
  const memory = ({ privateMegabytes, residentMegabytes }: WorkerMemory) =>
    `${privateMegabytes.toFixed(0)} MB its own, ${residentMegabytes.toFixed(0)} MB with mapped files`;
  return [
    `${options.keys} keys of ${options.bytes} bytes in ${fill.seconds.toFixed(0)} s; keys/s by twentieths: ${fill.course.join(', ')}`,
    `first answer ${firstAnswerMilliseconds.toFixed(0)} ms after the start`,
    `a worker at rest: ${memory(worker.atRest)}`,
    `a worker after:   ${memory(worker.after)}`,
    `a page has ${pageLength} entries`,
  ].join('\n');
}

let options: ScaleOptions | 'help' | undefined;
try {
  options = readScaleOptions(process.argv.slice(2));
  if (options === 'help') console.log(scaleUsage);
  else await run(options);
} catch (error) {
  // A mistake on the command line needs no stack.
  console.error(options === undefined && error instanceof Error ? error.message : error);
  process.exitCode = options === undefined ? 2 : 1;
}
