import type { Command } from 'commander';
import type { EventCommandContext } from '../../event-commands.ts';
import { table } from '../../table.ts';

export function targetList(parent: Command, { withEvents, print }: EventCommandContext): void {
  parent
    .command('list')
    .description('List the targets of events, and how much waits for each; secrets are not shown.')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data }: { json?: boolean; data?: string }) => {
      const targets = await withEvents(data, (events) => events.listTargets());
      if (json) return print(JSON.stringify(targets));
      const rows = targets.map(({ name, type, url, options, waiting, dead }) => {
        const given = Object.entries(options).map(([option, value]) => `${option}=${value}`);
        return [name, type, url, given.join(' ') || '-', String(waiting), String(dead)];
      });
      print(table(['NAME', 'TYPE', 'URL', 'OPTIONS', 'WAITING', 'DEAD'], rows));
    });
}
