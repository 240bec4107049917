import type { Command } from 'commander';
import type { WorkRecord } from '../../records/work-record.ts';
import { listWork } from '../../services/leases/list-work.ts';
import type { InspectionContext } from '../inspection.ts';
import { table } from '../table.ts';

export function workers(program: Command, { withStore, print, clock }: InspectionContext): void {
  program
    .command('workers')
    .description('Show what the server does in the background: how it stands, what was done, and what comes next.')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data }: { json?: boolean; data?: string }) => {
      const work = await withStore(data, ({ engines }) => listWork(engines.metadata));
      if (json) return print(JSON.stringify(work));
      const rows = work.map((record) => [
        record.name,
        stateOf(record, clock.now()),
        record.progress || '-',
        Object.entries(record.totals)
          .map(([name, count]) => `${name}: ${count}`)
          .join(', ') || '-',
      ]);
      print(table(['NAME', 'STATE', 'LAST AT', 'DONE SO FAR'], rows));
      for (const { name, failure } of work) if (failure !== undefined) print(`${name} failed: ${failure}`);
    });
}

/** One that says it is busy and has long not said so again was cut off. */
const silentMilliseconds = 900_000;

function stateOf({ state, startedAt, toldAt, nextAt }: WorkRecord, now: number): string {
  if (state === 'busy') {
    const seconds = Math.max(0, Math.round((now - startedAt) / 1000));
    return now - toldAt > silentMilliseconds ? `busy for ${seconds} s, or cut off` : `busy for ${seconds} s`;
  }
  if (nextAt === undefined) return state;
  const wait = Math.round((nextAt - now) / 1000);
  return wait > 0 ? `${state}, next in ${wait} s` : state;
}
