import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLmdbMetadataEngine } from '../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import type { MetadataEngine } from '../src/engines/metadata/metadata-engine.ts';
import type { WorkRecord } from '../src/records/work-record.ts';
import { dataPaths } from '../src/services/data-directory/data-directory.ts';
import { listWork } from '../src/services/leases/list-work.ts';
import { applyLoad, type Operations } from './apply-load.ts';
import { ask } from './ask.ts';
import { Contents } from './contents.ts';
import { fillPastServer } from './fill-store.ts';
import { circumstancesOf, sentenceOf } from './machine.ts';
import { ScaleKeys } from './scale-keys.ts';
import { kibibyte } from './scenarios.ts';
import { type StoredObjects, StoredSets } from './stored-sets.ts';
import { startCairnIn, type Target } from './target.ts';
import { numberIn, wholeNumberIn } from './throughput-options.ts';

/*
 * What a lifecycle pass does to requests: `node bin/with-node.js bench/lifecycle.ts --keys 1000000`. Fills a store, reads
 * objects of 4 KiB, then has a rule expire every third object, and reads on until the pass is over.
 */

const usage = `node bin/with-node.js bench/lifecycle.ts [options]

  --keys <n>         how many objects there are, a multiple of 10000 (100000); every third one expires
  --connections <n>  clients that read (32)
  --seconds <n>      how long each stretch is measured (5)
  --workers <n>      processes that serve requests (one a core)
  --json             print JSON
`;

interface Options {
  readonly keys: number;
  readonly connections: number;
  readonly seconds: number;
  readonly workers: number;
  readonly json: boolean;
}

/** Of the objects that expire: the rule goes by the size. */
const expiringBytes = 512;
const keptBytes = 4 * kibibyte;
const reads = 20_000;
const longestPassSeconds = 1800;
const quietStretches = 5;

interface Stretch {
  readonly isDuringPass: boolean;
  readonly operationsPerSecond: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
}

class LifecycleBench {
  readonly #options: Options;
  readonly #data: string;
  readonly #keys: ScaleKeys;
  readonly #contents = new Contents(keptBytes);
  readonly #stretches: Stretch[] = [];

  constructor(options: Options, data: string) {
    this.#options = options;
    this.#data = data;
    this.#keys = new ScaleKeys(options.keys);
  }

  async run(): Promise<{ stretches: readonly Stretch[]; pass: WorkRecord; expired: number }> {
    const keyOf = (index: number) => this.#keys.keyOf(index);
    const kept: StoredObjects = { bucket: 'listed', objectBytes: keptBytes, keyOf, etags: [] };
    const expiring: StoredObjects = { ...kept, objectBytes: expiringBytes, etags: [] };
    const order = this.#keys.shuffled();
    const isExpiring = (index: number) => index % 3 === 0;
    let sets = await this.#start();
    await sets.makeBuckets();
    await stopServer();
    await fillPastServer(this.#data, { sets, objects: kept, order: order.filter((index) => !isExpiring(index)) });
    await fillPastServer(this.#data, { sets, objects: expiring, order: order.filter(isExpiring) });
    sets = await this.#start();
    const operations = randomReads(sets, kept, order.filter((index) => !isExpiring(index)).subarray(0, reads));
    await this.#measure(sets.target, operations, undefined);
    for (let quiet = 0; quiet < quietStretches; quiet++)
      this.#stretches.push(await this.#measure(sets.target, operations, false));
    await putRule(sets, kept);
    const metadata = openLmdbMetadataEngine({
      directory: dataPaths(this.#data).metadata,
      sync: 'durable',
      readOnly: true,
    });
    try {
      const expected = order.filter(isExpiring).length;
      const pass = await this.#readThroughPass(sets.target, { operations, metadata, expected });
      return { stretches: this.#stretches, pass, expired: expected };
    } finally {
      await metadata.close();
      await stopServer();
    }
  }

  async #start(): Promise<StoredSets> {
    running = await startCairnIn(this.#data, { workers: this.#options.workers, sync: 'durable' });
    return new StoredSets(running, this.#contents);
  }

  async #readThroughPass(
    target: Target,
    { operations, metadata, expected }: { operations: Operations; metadata: MetadataEngine; expected: number },
  ): Promise<WorkRecord> {
    const deadline = performance.now() + longestPassSeconds * 1000;
    while (performance.now() < deadline) {
      const before = await passOf(metadata);
      const stretch = await this.#measure(target, operations, before?.state === 'busy');
      const after = await passOf(metadata);
      // A stretch counts where the pass ran from its beginning to its end.
      if (before?.state === 'busy' && after?.state === 'busy') this.#stretches.push(stretch);
      const expired = after?.totals.expired ?? 0;
      if (after && after.state !== 'busy' && expired >= expected) return after;
    }
    throw new Error('the pass takes far too long');
  }

  async #measure(target: Target, operations: Operations, isDuringPass: boolean | undefined): Promise<Stretch> {
    const { connections, seconds } = this.#options;
    const { latencies, ...result } = await applyLoad(target, {
      operations,
      connections,
      from: 0,
      until: undefined,
      seconds,
    });
    const quantile = (part: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))]!;
    const stretch = {
      isDuringPass: isDuringPass === true,
      operationsPerSecond: result.operations / result.seconds,
      p50Milliseconds: quantile(0.5),
      p99Milliseconds: quantile(0.99),
    };
    if (!this.#options.json && isDuringPass !== undefined) console.log(lineOf(stretch));
    return stretch;
  }
}

let running: Target | undefined;

async function stopServer(): Promise<void> {
  const target = running;
  running = undefined;
  await target?.stop();
}

function randomReads(sets: StoredSets, objects: StoredObjects, indexes: Uint32Array): Operations {
  const heads = sets.prepare('GET', objects, indexes);
  const begin = (turn: number) => sets.readStep(objects, indexes[turn]!, { method: 'GET', head: heads(turn) });
  return { count: indexes.length, begin };
}

async function putRule(sets: StoredSets, { bucket }: StoredObjects): Promise<void> {
  const rule =
    '<Rule><ID>small</ID><Status>Enabled</Status><Expiration><Date>2020-01-01</Date></Expiration>' +
    `<Filter><ObjectSizeLessThan>${expiringBytes + 1}</ObjectSizeLessThan></Filter></Rule>`;
  await ask(sets.target, {
    method: 'PUT',
    path: `/${sets.bucketName(bucket)}`,
    query: [['lifecycle', '']],
    body: Buffer.from(`<LifecycleConfiguration>${rule}</LifecycleConfiguration>`),
  });
}

async function passOf(metadata: MetadataEngine): Promise<WorkRecord | undefined> {
  return (await listWork(metadata)).find(({ name }) => name === 'apply-lifecycle');
}

function lineOf({ isDuringPass, operationsPerSecond, p50Milliseconds, p99Milliseconds }: Stretch): string {
  const when = isDuringPass ? 'during the pass' : 'without a pass ';
  return `${when}  GET 4 KiB ${operationsPerSecond.toFixed(0).padStart(7)}/s  p50 ${p50Milliseconds.toFixed(2)} ms  p99 ${p99Milliseconds.toFixed(2)} ms`;
}

function readOptions(): Options | 'help' {
  const { values } = parseArgs({
    options: {
      keys: { type: 'string', default: '100000' },
      connections: { type: 'string', default: '32' },
      seconds: { type: 'string', default: '5' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const keys = wholeNumberIn(values.keys, { name: '--keys', from: 10_000, to: 100_000_000 });
  if (keys % 10_000 !== 0) throw new Error('--keys is a multiple of 10000');
  return {
    keys,
    connections: wholeNumberIn(values.connections, { name: '--connections', from: 1, to: 1000 }),
    seconds: numberIn(values.seconds, { name: '--seconds', from: 0.5, to: 60 }),
    workers: wholeNumberIn(values.workers, { name: '--workers', from: 1, to: 64 }),
    json: values.json,
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === 'help') {
    console.log(usage);
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'cairn-bench-lifecycle-'));
  try {
    const circumstances = await circumstancesOf({ workers: options.workers, sync: 'durable' });
    if (!options.json) console.log(sentenceOf(circumstances));
    const { stretches, pass, expired } = await new LifecycleBench(options, join(directory, 'data')).run();
    const seconds = ((pass.endedAt ?? pass.startedAt) - pass.startedAt) / 1000;
    const middle = (isDuringPass: boolean) => {
      const all = stretches.filter((one) => one.isDuringPass === isDuringPass).map((one) => one.p99Milliseconds);
      return all.sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
    };
    const report = { ...circumstances, ...options, expired, passSeconds: seconds, stretches };
    if (options.json) console.log(JSON.stringify(report, null, 2));
    else {
      console.log(
        `${expired} of ${options.keys} expired in ${seconds.toFixed(0)} s, ${(expired / seconds).toFixed(0)}/s`,
      );
      console.log(`median p99 without a pass ${middle(false).toFixed(2)} ms, during it ${middle(true).toFixed(2)} ms`);
    }
  } finally {
    await stopServer();
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  }
}

await main();
