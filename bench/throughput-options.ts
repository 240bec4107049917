import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { scenarios } from './scenarios.ts';

export interface ThroughputOptions {
  /** Names of scenarios, or beginnings of names; empty for all. */
  readonly only: readonly string[];
  /** How long each scenario is measured at most. */
  readonly seconds: number;
  readonly workers: number;
  readonly sync: 'durable' | 'relaxed';
  readonly baseline: boolean;
  readonly json: boolean;
  /** A server that runs already, on this machine; one is started when undefined. */
  readonly url: URL | undefined;
  /** Its process, whose processor time and memory are read. */
  readonly pid: number | undefined;
  /** Where the started server's processes leave processor profiles. */
  readonly profiles: string | undefined;
}

export const usage = `node bin/with-node.js bench/throughput.ts [options]

  --only <names>     scenarios to run, separated by commas; the beginning of a name takes all that begin with it
  --seconds <n>      how long each is measured at most (5; 0.2 to 60)
  --workers <n>      processes that serve requests (one a core)
  --sync <mode>      durable or relaxed
  --baseline         run the minimal server of bench/baseline-server.ts too, and print ratios
  --json             print JSON instead of a table
  --profile <dir>    the servers leave processor profiles there when they end
  --url <url>        measure a server that runs already, on this machine only; credentials come from
                     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the region from AWS_REGION.
                     The buckets it makes, bench-… , stay there
  --pid <pid>        the main process of that server, to read processor time and memory

Scenarios: ${scenarios.map(({ name }) => name).join(', ')}
`;

/** Throws an Error with a sentence for whoever typed the command. */
export function readOptions(commandLine: readonly string[]): ThroughputOptions | 'help' {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '5' },
      workers: { type: 'string', default: String(availableParallelism()) },
      sync: { type: 'string', default: 'durable' },
      baseline: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
      url: { type: 'string' },
      pid: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { sync } = values;
  if (sync !== 'durable' && sync !== 'relaxed') throw new Error('--sync is durable or relaxed');
  if (values.pid !== undefined && values.url === undefined) throw new Error('--pid belongs to --url');
  if (values.url !== undefined && values.profile !== undefined) throw new Error('--profile is for a started server');
  return {
    only: namesIn(values.only),
    seconds: numberIn(values.seconds, { name: '--seconds', from: 0.2, to: 60 }),
    workers: numberIn(values.workers, { name: '--workers', from: 1, to: 64 }),
    sync,
    baseline: values.baseline,
    json: values.json,
    url: values.url === undefined ? undefined : loopbackUrl(values.url),
    pid: values.pid === undefined ? undefined : numberIn(values.pid, { name: '--pid', from: 1, to: 2 ** 22 }),
    profiles: values.profile,
  };
}

function namesIn(text = ''): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((wanted) => !scenarios.some(({ name }) => name.startsWith(wanted)));
  if (unknown !== undefined) throw new Error(`no scenario begins with ${unknown}: see --help`);
  return names;
}

function numberIn(text: string, { name, from, to }: { name: string; from: number; to: number }): number {
  const value = Number(text);
  if (!(value >= from && value <= to)) throw new Error(`${name} is a number from ${from} to ${to}`);
  return name === '--seconds' ? value : Math.floor(value);
}

/** A load generator that could be aimed at another machine would be a weapon. */
function loopbackUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'http:') throw new Error('--url is an http:// address');
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) throw new Error('--url must be on this machine');
  return url;
}
