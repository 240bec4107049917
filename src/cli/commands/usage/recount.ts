import type { Command } from 'commander';
import type { UsageDifference } from '../../../services/quotas/recount-usage.ts';
import type { AccountingContext } from '../../accounting-commands.ts';
import { damageFound } from '../../inspection.ts';
import { collect } from '../../table.ts';

interface Options {
  readonly repair?: boolean;
  readonly json?: boolean;
  readonly data?: string;
}

export function usageRecount(parent: Command, { withAccounting, print, exitWith }: AccountingContext): void {
  parent
    .command('recount')
    .description('Count everything that is stored and hold it against the counters; exact beside a running server.')
    .option('--repair', 'put the counters right')
    .option('--json', 'print JSON, one line for each difference')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .addHelpText(
      'after',
      '\nExit code: 0 the counters are right, or were put right; 2 they are not; 1 they could not be counted.',
    )
    .action(async ({ repair = false, json = false }: Options, command: Command) => {
      // The command above has an option of the same name, which takes the word for itself.
      const { data, json: jsonAbove } = command.optsWithGlobals<Options>();
      const differences = await withAccounting(data, (accounting) => collect(accounting.recount({ repairs: repair })));
      for (const difference of differences) {
        print(json || jsonAbove ? JSON.stringify(difference) : differenceText(difference, repair));
      }
      if (!json && !jsonAbove && differences.length === 0) print('all counters are right');
      if (differences.length > 0 && !repair) exitWith(damageFound);
    });
}

function differenceText({ of, name, counted, found }: UsageDifference, isRepaired: boolean): string {
  const names = Object.keys(counted) as (keyof typeof counted)[];
  const wrong = names.filter((counter) => counted[counter] !== found[counter]);
  const text = wrong.map((counter) => `${counter} ${found[counter]}, counted ${counted[counter]}`).join('; ');
  return `${of} ${name}: ${text}${isRepaired ? ' (put right)' : ''}`;
}
