import type { Command } from 'commander';
import { bytesText } from '../../services/doctor/finding.ts';
import { scrubStore } from '../../services/verification/scrub-store.ts';
import { bytesOption, damageFound, type InspectionContext } from '../inspection.ts';

interface Options {
  readonly rate?: number;
  readonly json?: boolean;
  readonly data?: string;
}

const progressMilliseconds = 5000;

export function scrub(program: Command, context: InspectionContext): void {
  program
    .command('scrub')
    .description('Read every stored byte and hold it against its checksum; check that all records agree.')
    .option('--rate <bytes>', 'read at most so much a second: 500K, 50M, 1G', bytesOption)
    .option('--json', 'print JSON: one line for each damage, one for the whole')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .addHelpText('after', '\nExit code: 0 all is well, 2 damage was found, 1 it could not be checked.')
    .action((options: Options) => run(context, options));
}

async function run(context: InspectionContext, { rate, json, data }: Options): Promise<void> {
  const { clock, print, exitWith } = context;
  const report = await context.withStore(data, ({ engines }) =>
    scrubStore(engines, {
      clock,
      bytes: true,
      bytesPerSecond: rate,
      onProgress: progressNotes(context),
      onViolation: (violation) =>
        print(json ? JSON.stringify({ type: 'damage', ...violation }) : `DAMAGED  ${violation.message}`),
    }),
  );
  const { bytesRead, versions, violations, passing, milliseconds } = report;
  if (json) print(JSON.stringify({ type: 'report', ...report }));
  else {
    const seconds = Math.max(milliseconds, 1) / 1000;
    print(
      `${versions} versions, ${bytesText(bytesRead)} read in ${seconds.toFixed(1)} s (${bytesText(bytesRead / seconds)}/s)`,
    );
    if (passing > 0) print(`${passing} records were being changed and were right when they were looked at again`);
    print(violations === 0 ? 'No damage found.' : `${violations} damaged: restore these from a backup.`);
  }
  if (violations > 0) exitWith(damageFound);
}

function progressNotes({ clock, note }: InspectionContext) {
  let notedAt = clock.now();
  return ({ bytesRead, bytesExpected }: { bytesRead: number; bytesExpected: number }): void => {
    const now = clock.now();
    if (now - notedAt < progressMilliseconds) return;
    notedAt = now;
    // Copies share bytes that are read once for each, records count a little too, and a server may be writing.
    const share = Math.min(99, Math.floor((bytesRead / Math.max(bytesExpected, 1)) * 100));
    note(`${bytesText(bytesRead)} of about ${bytesText(bytesExpected)} read, ${share} %`);
  };
}
