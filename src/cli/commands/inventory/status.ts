import type { Command } from 'commander';
import type { InventoryCommandContext } from '../../inventory-commands.ts';

export function inventoryStatus(parent: Command, { withInventories, print }: InventoryCommandContext): void {
  parent
    .command('status')
    .description('Tell when a list of a bucket was made last, and what keeps it from being made.')
    .argument('<bucket>', 'bucket that the list is of')
    .argument('<id>', 'id of its inventory configuration')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (bucket: string, id: string, { json, data }: { json?: boolean; data?: string }) => {
      const record = await withInventories(data, (inventories) => inventories.state(bucket, id));
      const state = {
        startedAt: moment(record.lastStartedAt),
        finishedAt: moment(record.lastFinishedAt),
        requestedAt: moment(record.requestedAt),
        rowsSoFar: record.run?.rows,
        problem: record.problem,
      };
      print(json ? JSON.stringify(state) : textOf(state));
    });
}

function moment(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();
}

const words = {
  startedAt: 'Begun last',
  finishedAt: 'Finished last',
  requestedAt: 'Asked for',
  rowsSoFar: 'Rows so far',
  problem: 'Problem',
} as const;

function textOf(state: Readonly<Partial<Record<keyof typeof words, string | number | undefined>>>): string {
  const lines = Object.entries(words).flatMap(([name, word]) => {
    const value = state[name as keyof typeof words];
    return value === undefined ? [] : [`${word.padEnd(14)}  ${value}`];
  });
  return lines.length > 0 ? lines.join('\n') : 'No list has been made yet.';
}
