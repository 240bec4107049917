import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { StorageError } from '../../../domain/errors.ts';
import { wholeDay } from '../../../domain/lifecycle/lifecycle-days.ts';
import { parseLifecycleJson } from '../../../domain/lifecycle/lifecycle-json.ts';
import { compareUtf8 } from '../../../foundation/byte-order.ts';
import { bytesText } from '../../../services/doctor/finding.ts';
import {
  findBucketToPreview,
  type PreviewedAction,
  previewLifecycle,
  rulesOf,
} from '../../../services/lifecycle/preview-lifecycle.ts';
import type { InspectionContext } from '../../inspection.ts';

interface Options {
  readonly rule?: string;
  readonly at?: number;
  readonly limit: number;
  readonly after?: string;
  readonly json?: boolean;
  readonly data?: string;
}

const words: Readonly<Record<PreviewedAction['action'], string>> = {
  expire: 'expire',
  remove: 'remove old version',
  'remove-marker': 'remove delete marker',
  transition: 'move',
  'abort-upload': 'abort upload',
};

export function lifecyclePreview(parent: Command, context: InspectionContext): void {
  parent
    .command('preview <bucket>')
    .description('List what lifecycle rules would remove, move and free, without doing it.')
    .option('--rule <file>', 'rules to try, as JSON of the AWS command line; without it those that the bucket has')
    .option('--at <date>', 'as it would be then: 2027-01-31', dateOption)
    .option('--limit <number>', 'list so many; the totals are of all', countOption, 1000)
    .option('--after <key>', 'list what comes after this key')
    .option('--json', 'print JSON: one line for each, one for the totals')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action((bucket: string, options: Options) => run(context, bucket, options));
}

function dateOption(text: string): number {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('It must be such as 2027-01-31.');
  return at;
}

function countOption(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

class Totals {
  readonly counts: Record<string, number> = {};
  bytesFreed = 0;

  add({ action, bytes, frees }: PreviewedAction): void {
    this.counts[action] = (this.counts[action] ?? 0) + 1;
    if (frees) this.bytesFreed += bytes;
  }
}

async function run(context: InspectionContext, bucketName: string, options: Options): Promise<void> {
  const { clock, print } = context;
  const text = options.rule === undefined ? undefined : await readRules(options.rule);
  await context.withStore(options.data, async ({ engines }) => {
    const bucket = await findBucketToPreview(engines, bucketName);
    const configuration = text === undefined ? await rulesOf(engines, bucket) : parseLifecycleJson(text);
    if (!configuration)
      throw new StorageError('NoSuchLifecycleConfiguration', { message: `${bucketName} has no rules` });
    const time = { now: options.at ?? clock.now(), dayMilliseconds: wholeDay };
    const totals = new Totals();
    const { after, limit, json } = options;
    let listed = 0;
    let lastKey: string | undefined;
    let isCut = false;
    for await (const previewed of previewLifecycle(engines, bucket, { configuration, time })) {
      totals.add(previewed);
      if (after !== undefined && compareUtf8(previewed.key, after) <= 0) continue;
      // A page ends with a key: the next one begins behind it.
      if (listed >= limit && previewed.key !== lastKey) isCut = true;
      if (isCut) continue;
      listed++;
      lastKey = previewed.key;
      print(json ? JSON.stringify({ type: 'action', ...previewed }) : lineOf(previewed));
    }
    const next = isCut ? lastKey : undefined;
    if (json) print(JSON.stringify({ type: 'totals', ...totals.counts, bytesFreed: totals.bytesFreed, next }));
    else print(summaryOf(totals, next));
  });
}

async function readRules(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new StorageError('InvalidArgument', { message: `the rules cannot be read: ${(error as Error).message}` });
  }
}

function lineOf({ action, key, versionId, storageClass, ruleId, bytes }: PreviewedAction): string {
  const what = storageClass === undefined ? words[action] : `${words[action]} to ${storageClass}`;
  const version = versionId === 'null' ? '' : `  ${versionId}`;
  return `${what.padEnd(20)}  ${bytesText(bytes).padStart(9)}  ${JSON.stringify(key)}${version}  (${ruleId})`;
}

function summaryOf({ counts, bytesFreed }: Totals, next: string | undefined): string {
  const parts = Object.entries(counts).map(([name, count]) => `${words[name as PreviewedAction['action']]}: ${count}`);
  const lines = [parts.length === 0 ? 'Nothing is due.' : `${parts.join(', ')}; frees ${bytesText(bytesFreed)}`];
  if (next !== undefined) lines.push(`More: --after ${JSON.stringify(next)}`);
  return lines.join('\n');
}
