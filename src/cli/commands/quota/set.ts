import type { Command } from 'commander';
import { StorageError } from '../../../domain/errors.ts';
import { type AccountingContext, bytesBound, countBound, oneOf } from '../../accounting-commands.ts';

interface Options {
  readonly bucket?: string;
  readonly account?: string;
  readonly bytes?: number | 'none';
  readonly objects?: number | 'none';
  readonly data?: string;
}

export function quotaSet(parent: Command, { withAccounting, print }: AccountingContext): void {
  parent
    .command('set')
    .description('Bound what a bucket, or all buckets of an account together, may hold. Counts from the next write on.')
    .option('--bucket <name>', 'name of the bucket')
    .option('--account <name>', 'name or id of the account')
    .option('--bytes <bytes>', 'of all versions and of parts of open uploads: 500M, 10G, 2T, or none', bytesBound)
    .option('--objects <count>', 'versions, delete markers among them, or none', countBound)
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ data, bytes, objects, ...named }: Options) => {
      if (bytes === undefined && objects === undefined) {
        throw new StorageError('InvalidRequest', { message: 'Give --bytes or --objects, or both.' });
      }
      const target = oneOf(['bucket', 'account'], named);
      await withAccounting(data, (accounting) => accounting.changeQuota(target, { bytes, objects }));
      print('the quota is set');
    });
}
