import type { Command } from 'commander';
import { StorageError } from '../../../domain/errors.ts';
import { type AccountingContext, bytesBound, countBound, oneOf, positive } from '../../accounting-commands.ts';

interface Options {
  readonly account?: string;
  readonly key?: string;
  readonly requests?: number | 'none';
  readonly bytes?: number | 'none';
  readonly data?: string;
}

export function limitSet(parent: Command, { withAccounting, print }: AccountingContext): void {
  parent
    .command('set')
    .description('Bound what an account or an access key may ask for a second. Counts from the next request on.')
    .option('--account <name>', 'name or id of the account')
    .option('--key <id>', 'access key id')
    .option('--requests <count>', 'requests a second, or none', (text) => positive(countBound(text)))
    .option('--bytes <bytes>', 'bytes a second, sent and received: 500K, 50M, or none', (text) =>
      positive(bytesBound(text)),
    )
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ data, requests, bytes, ...named }: Options) => {
      if (requests === undefined && bytes === undefined) {
        throw new StorageError('InvalidRequest', { message: 'Give --requests or --bytes, or both.' });
      }
      const target = oneOf(['account', 'key'], named);
      await withAccounting(data, (accounting) => accounting.changeLimits(target, { requests, bytes }));
      print('the limits are set');
    });
}
