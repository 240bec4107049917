import { type Command, InvalidArgumentError } from 'commander';
import type { ReplicationCommandContext } from '../../replication-commands.ts';

function moment(text: string): number {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds))
    throw new InvalidArgumentError('It is a date, such as 2026-01-31 or 2026-01-31T12:00Z.');
  return milliseconds;
}

export function replicationResync(parent: Command, { withReplication, print }: ReplicationCommandContext): void {
  parent
    .command('resync')
    .description(
      'Replicate what a bucket holds already, old versions too. Destinations that have it are not sent it again.',
    )
    .argument('<bucket>')
    .option('--from <date>', 'only what was written since', moment, 0)
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (bucket: string, { from, data }: { from: number; data?: string }) => {
      await withReplication(data, (replication) => replication.resync(bucket, { writtenSince: from }));
      print(`The objects of ${bucket} are being queued; see cairn replication status ${bucket}.`);
    });
}
