import type { Command } from 'commander';
import type { ReplicationCommandContext, StandingLine } from '../../replication-commands.ts';
import { collect, table } from '../../table.ts';

export function replicationStatus(parent: Command, { withReplication, print }: ReplicationCommandContext): void {
  parent
    .command('status')
    .description('Say what waits for each destination, for how long, and what was refused.')
    .argument('[bucket]', 'all buckets where left out')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (bucket: string | undefined, { json, data }: { json?: boolean; data?: string }) => {
      const lines = await withReplication(data, (replication) => collect(replication.standing(bucket)));
      const titles = ['BUCKET', 'DESTINATION', 'WAITING', 'BYTES', 'LAG', 'REFUSED', 'RESYNC'];
      print(json ? JSON.stringify(lines) : table(titles, lines.map(rowOf)));
    });
}

function rowOf(line: StandingLine): string[] {
  const lag = line.lagMilliseconds === undefined ? '-' : `${Math.round(line.lagMilliseconds / 1000)} s`;
  const refused = line.refusal === undefined ? String(line.refused) : `${line.refused} (${line.refusal})`;
  const { resync } = line;
  const walked = resync ? `${resync.queued} of ${resync.seen}${resync.isRunning ? ', going on' : ''}` : '-';
  return [line.bucket, line.target, String(line.waiting), String(line.waitingBytes), lag, refused, walked];
}
