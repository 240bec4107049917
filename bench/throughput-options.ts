import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Matrix, type OperationName, operationNames } from './scenario-matrix.ts';
import { kibibyte, mebibyte, scenarios } from './scenarios.ts';
import type { ServerOptions } from './target.ts';

export interface ThroughputOptions extends ServerOptions {
  /** Names of scenarios, or beginnings of names; empty for all. */
  readonly only: readonly string[];
  /** What runs instead of the named scenarios. */
  readonly matrix: Matrix | undefined;
  /** How long each scenario is measured at most. */
  readonly seconds: number;
  /** What each scenario writes at most. */
  readonly mostBytes: number;
  readonly baseline: boolean;
  readonly json: boolean;
  /** Whether the run is kept in bench/results. */
  readonly record: boolean;
  /** A server that runs already; one is started when undefined. */
  readonly url: URL | undefined;
  /** Whether any certificate will do. */
  readonly isInsecure: boolean;
  /** Whether the buckets are removed in the end. */
  readonly clean: boolean;
  /** The process of the server that runs already, whose processor time and memory are read. */
  readonly pid: number | undefined;
}

export const usage = `node bin/with-node.js bench/throughput.ts [options]

What runs:
  --only <names>        scenarios, separated by commas; the beginning of a name takes all that begin with it
  --operations <names>  instead of the scenarios: of ${operationNames.join(', ')};
  --sizes <sizes>       each at each of these sizes (1KiB,4KiB,64KiB,1MiB,16MiB,64MiB)
  --clients <numbers>   with each of these numbers of clients (1,32,128). One of the three is enough
  --part-size <size>    of multipart uploads (8MiB)
  --seconds <n>         how long each is measured at most (5; 0.2 to 60)
  --most-bytes <size>   what each writes at most (1GiB)
  --baseline            run the minimal server of bench/baseline-server.ts too, and print ratios
What is printed:
  --json                JSON instead of a table
  --record              keep the run in bench/results, for docs/generated/benchmarks.md
The server that is started:
  --workers <n>         processes that serve requests (one a core)
  --sync <mode>         durable or relaxed
  --profile <dir>       the servers leave processor profiles there when they end
A server that runs already:
  --url <url>           http:// or https://, any that speaks S3; credentials come from AWS_ACCESS_KEY_ID and
                        AWS_SECRET_ACCESS_KEY, the region from AWS_REGION. This makes as much load as it bears and
                        writes gigabytes, into buckets bench-… of its own: do not aim it at what others use
  --insecure            take any certificate
  --clean               remove those buckets in the end; without it they stay
  --pid <pid>           its main process, on this machine, to read processor time and memory

Scenarios: ${scenarios.map(({ name }) => name).join(', ')}
`;

/** Throws an Error with a sentence for whoever typed the command. */
export function readOptions(commandLine: readonly string[]): ThroughputOptions | 'help' {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      only: { type: 'string' },
      operations: { type: 'string' },
      sizes: { type: 'string' },
      clients: { type: 'string' },
      'part-size': { type: 'string', default: '8MiB' },
      seconds: { type: 'string', default: '5' },
      'most-bytes': { type: 'string', default: '1GiB' },
      baseline: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      workers: { type: 'string', default: String(availableParallelism()) },
      sync: { type: 'string', default: 'durable' },
      profile: { type: 'string' },
      url: { type: 'string' },
      insecure: { type: 'boolean', default: false },
      clean: { type: 'boolean', default: false },
      pid: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  refuseContradictions(values);
  return {
    only: namesIn(values.only),
    matrix: matrixIn(values),
    seconds: numberIn(values.seconds, { name: '--seconds', from: 0.2, to: 60 }),
    mostBytes: sizeIn(values['most-bytes'], { name: '--most-bytes', from: mebibyte, to: 1024 ** 4 }),
    baseline: values.baseline,
    json: values.json,
    record: values.record,
    workers: wholeNumberIn(values.workers, { name: '--workers', from: 1, to: 64 }),
    sync: syncIn(values.sync),
    profiles: values.profile,
    url: values.url === undefined ? undefined : urlIn(values.url),
    isInsecure: values.insecure,
    clean: values.clean,
    pid: values.pid === undefined ? undefined : wholeNumberIn(values.pid, { name: '--pid', from: 1, to: 2 ** 22 }),
  };
}

interface Given {
  readonly url?: string;
  readonly pid?: string;
  readonly only?: string;
  readonly operations?: string;
  readonly sizes?: string;
  readonly clients?: string;
  readonly profile?: string;
  readonly insecure: boolean;
  readonly clean: boolean;
  readonly record: boolean;
  readonly baseline: boolean;
  readonly 'part-size': string;
}

function refuseContradictions(given: Given): void {
  const { url, profile, record, baseline, only, operations, sizes, clients } = given;
  const isForeign = url !== undefined;
  for (const [name, value] of Object.entries({ pid: given.pid, insecure: given.insecure, clean: given.clean })) {
    if (value && !isForeign) throw new Error(`--${name} belongs to --url`);
  }
  for (const [name, value] of Object.entries({ profile, record, baseline })) {
    if (value && isForeign) throw new Error(`--${name} is for servers that the run starts, and not for --url`);
  }
  if (only !== undefined && (operations ?? sizes ?? clients) !== undefined) {
    throw new Error('--only chooses among the named scenarios; --operations, --sizes and --clients make others');
  }
}

function matrixIn({ operations, sizes, clients, ...given }: Given): Matrix | undefined {
  if ((operations ?? sizes ?? clients) === undefined) return undefined;
  return {
    operations: wordsIn(operations ?? operationNames.join(',')).map((word) => {
      if (!isOperationName(word)) throw new Error(`--operations are of ${operationNames.join(', ')}`);
      return word;
    }),
    sizes: wordsIn(sizes ?? '1KiB,4KiB,64KiB,1MiB,16MiB,64MiB').map((word) =>
      sizeIn(word, { name: '--sizes', from: 1, to: 1024 * mebibyte }),
    ),
    clients: wordsIn(clients ?? '1,32,128').map((word) =>
      wholeNumberIn(word, { name: '--clients', from: 1, to: 4096 }),
    ),
    partBytes: sizeIn(given['part-size'], { name: '--part-size', from: 5 * mebibyte, to: 1024 * mebibyte }),
  };
}

function isOperationName(word: string): word is OperationName {
  return (operationNames as readonly string[]).includes(word);
}

function namesIn(text = ''): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((wanted) => !scenarios.some(({ name }) => name.startsWith(wanted)));
  if (unknown !== undefined) throw new Error(`no scenario begins with ${unknown}: see --help`);
  return names;
}

function wordsIn(text: string): readonly string[] {
  const words = [...new Set(text.split(',').filter((word) => word !== ''))];
  if (words.length === 0) throw new Error('--operations, --sizes and --clients are lists that are not empty');
  return words;
}

interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export function numberIn(text: string, { name, from, to }: Span): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= from && value <= to)) throw new Error(`${name} is a number from ${from} to ${to}`);
  return value;
}

export function wholeNumberIn(text: string, span: Span): number {
  const value = numberIn(text, span);
  if (!Number.isInteger(value)) throw new Error(`${span.name} is a whole number`);
  return value;
}

/** `1KiB`, `64MiB`, `1GiB`, or bytes. */
function sizeIn(text: string, { name, from, to }: Span): number {
  const [, digits = '', unit = ''] = /^(\d+)(KiB|MiB|GiB|)$/.exec(text) ?? [];
  const bytes = Number(digits) * ({ KiB: kibibyte, MiB: mebibyte, GiB: 1024 * mebibyte }[unit] ?? 1);
  if (digits === '' || bytes < from || bytes > to) {
    throw new Error(`${name}: ${text} is no size such as 1KiB, 64MiB or 1000, from ${from} to ${to} bytes`);
  }
  return bytes;
}

export function syncIn(text: string): 'durable' | 'relaxed' {
  if (text !== 'durable' && text !== 'relaxed') throw new Error('--sync is durable or relaxed');
  return text;
}

function urlIn(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error('--url is an http:// or https:// address');
  }
  if (url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new Error('--url is an address without a path, a query or a user: credentials come from the environment');
  }
  return url;
}
