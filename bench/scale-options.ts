import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { numberIn, wholeNumberIn } from './throughput-options.ts';

export interface ScaleOptions {
  readonly keys: number;
  /** Of each object that fills the store. */
  readonly bytes: number;
  readonly seconds: number;
  readonly workers: number;
  readonly overHttp: boolean;
  readonly json: boolean;
  readonly record: boolean;
}

export const scaleUsage = `node bin/with-node.js bench/scale.ts --keys <n> [options]

What many keys do to a store: PUT before and after, pages of listings, GET of random keys, the time to the first answer
and the memory of a worker. A million keys of 1 KiB need about 3 GB in the temporary directory, which TMPDIR chooses.

  --keys <n>       how many are there, a multiple of 10000 (1000000)
  --bytes <n>      of each (1024; 0 to 65536)
  --over-http      put them there over HTTP and synced; without it past the stopped server and relaxed, which is faster
  --seconds <n>    how long each scenario is measured (5; 0.2 to 60)
  --workers <n>    processes that serve requests (one a core)
  --json           print JSON instead of a table
  --record         keep the run in bench/results, for docs/generated/benchmarks.md
`;

/** Throws an Error with a sentence for whoever typed the command. */
export function readScaleOptions(commandLine: readonly string[]): ScaleOptions | 'help' {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      keys: { type: 'string', default: '1000000' },
      bytes: { type: 'string', default: '1024' },
      'over-http': { type: 'boolean', default: false },
      seconds: { type: 'string', default: '5' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const keys = wholeNumberIn(values.keys, { name: '--keys', from: 10_000, to: 100_000_000 });
  if (keys % 10_000 !== 0) throw new Error('--keys is a multiple of 10000: so all folders and pages are full');
  return {
    keys,
    bytes: wholeNumberIn(values.bytes, { name: '--bytes', from: 0, to: 65_536 }),
    seconds: numberIn(values.seconds, { name: '--seconds', from: 0.2, to: 60 }),
    workers: wholeNumberIn(values.workers, { name: '--workers', from: 1, to: 64 }),
    overHttp: values['over-http'],
    json: values.json,
    record: values.record,
  };
}
