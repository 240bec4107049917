import type { Command } from 'commander';
import { type AccountingContext, oneOf } from '../../accounting-commands.ts';
import { collect } from '../../table.ts';
import { usageJson, usageTable } from '../../usage-text.ts';

interface Options {
  readonly bucket?: string;
  readonly account?: string;
  readonly json?: boolean;
  readonly data?: string;
}

/** The command itself, without a verb: `cairn usage`. */
export function usageShow(usage: Command, { withAccounting, print }: AccountingContext): void {
  usage
    .option('--bucket <name>', 'of one bucket')
    .option('--account <name>', 'of one account, by its name or id')
    .option('--json', 'print JSON, one line each')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ data, json, bucket, account }: Options) => {
      const isAll = bucket === undefined && account === undefined;
      const lines = await withAccounting(data, async (accounting) =>
        isAll
          ? collect(accounting.allUsage())
          : [await accounting.usageOf(oneOf(['bucket', 'account'], { bucket, account }))],
      );
      print(json ? lines.map((line) => JSON.stringify(usageJson(line))).join('\n') : usageTable(lines));
    });
}
