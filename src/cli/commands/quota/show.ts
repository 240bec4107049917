import type { Command } from 'commander';
import { type AccountingContext, oneOf } from '../../accounting-commands.ts';
import { usageJson, usageTable } from '../../usage-text.ts';

interface Options {
  readonly bucket?: string;
  readonly account?: string;
  readonly json?: boolean;
  readonly data?: string;
}

export function quotaShow(parent: Command, { withAccounting, print }: AccountingContext): void {
  parent
    .command('show')
    .description('Show the quota of a bucket or an account, and what is used of it.')
    .option('--bucket <name>', 'name of the bucket')
    .option('--account <name>', 'name or id of the account')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ data, json, ...named }: Options) => {
      const target = oneOf(['bucket', 'account'], named);
      const line = await withAccounting(data, (accounting) => accounting.usageOf(target));
      print(json ? JSON.stringify(usageJson(line)) : usageTable([line]));
    });
}
