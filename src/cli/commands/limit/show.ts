import type { Command } from 'commander';
import { bytesText } from '../../../services/doctor/finding.ts';
import { type AccountingContext, oneOf } from '../../accounting-commands.ts';

interface Options {
  readonly account?: string;
  readonly key?: string;
  readonly json?: boolean;
  readonly data?: string;
}

export function limitShow(parent: Command, { withAccounting, print }: AccountingContext): void {
  parent
    .command('show')
    .description('Show what an account or an access key may ask for a second.')
    .option('--account <name>', 'name or id of the account')
    .option('--key <id>', 'access key id')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ data, json, ...named }: Options) => {
      const target = oneOf(['account', 'key'], named);
      const limits = await withAccounting(data, (accounting) => accounting.limitsOf(target));
      const { requests, bytes } = limits ?? {};
      print(
        json
          ? JSON.stringify({ requests: requests ?? null, bytes: bytes ?? null })
          : `Requests a second  ${requests ?? '-'}\nBytes a second     ${bytes === undefined ? '-' : bytesText(bytes)}`,
      );
    });
}
