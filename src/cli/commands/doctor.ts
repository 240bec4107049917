import type { Command } from 'commander';
import { examine } from '../../services/doctor/examine.ts';
import type { Finding } from '../../services/doctor/finding.ts';
import { type CrashTestReport, runCrashTest } from '../crash-test/crash-test.ts';
import { damageFound, durationOption, type InspectionContext } from '../inspection.ts';

interface Options {
  readonly crash?: number;
  readonly json?: boolean;
  readonly data?: string;
}

export function doctor(program: Command, context: InspectionContext): void {
  program
    .command('doctor')
    .description('Check the data directory and the machine, and say what to do.')
    .option(
      '--crash <duration>',
      'instead, kill a server of its own on the same disk again and again for so long (60s, 10m) and check what it kept',
      durationOption,
    )
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .addHelpText('after', '\nExit code: 0 nothing must be done, 2 something is broken, 1 it could not be checked.')
    .action((options: Options) =>
      options.crash === undefined ? runExamination(context, options) : runCrash(context, options, options.crash),
    );
}

const marks: Readonly<Record<Finding['state'], string>> = { good: 'ok     ', warning: 'WARNING', failure: 'FAILURE' };

async function runExamination(
  { withStore, clock, print, exitWith }: InspectionContext,
  { data, json }: Options,
): Promise<void> {
  const findings: Finding[] = [];
  await withStore(data, async ({ directory, engines, workers }) => {
    if (!json) print(`Data directory ${directory}\n`);
    for await (const finding of examine({ directory, engines, workers, clock })) {
      findings.push(finding);
      if (json) continue;
      const { state, check, found, advice } = finding;
      print(`${marks[state]}  ${check}: ${found}`);
      if (advice !== undefined) print(`         → ${advice}`);
    }
  });
  const failures = findings.filter(({ state }) => state === 'failure').length;
  const warnings = findings.filter(({ state }) => state === 'warning').length;
  if (json) print(JSON.stringify({ findings }));
  else if (failures + warnings === 0) print('\nNothing to do.');
  else print(`\n${failures} failures, ${warnings} warnings.`);
  if (failures > 0) exitWith(damageFound);
}

const clients = 8;
const longestRoundMilliseconds = 3000;

async function runCrash(context: InspectionContext, { data, json }: Options, milliseconds: number): Promise<void> {
  const { withCrashTest, print, note, exitWith } = context;
  const report = await withCrashTest(data, async (surroundings) => {
    if (!json) {
      print(
        `A server of its own runs in ${surroundings.directory}, with ${clients} clients that put, overwrite, copy, delete`,
      );
      print(
        'and upload in parts. It is killed (SIGKILL) at random moments, started again, and held against what it had',
      );
      print(
        'acknowledged. A power cut is not made: whether the disk keeps what it says is synced, no program can try.\n',
      );
    }
    return runCrashTest(surroundings, {
      clients,
      milliseconds,
      rounds: Number.POSITIVE_INFINITY,
      roundMilliseconds: Math.min(longestRoundMilliseconds, milliseconds),
      onRound: ({ rounds, counts, broken }) =>
        note(`round ${rounds}: ${sumOf(counts)} operations acknowledged so far, ${broken.length} promises broken`),
    });
  });
  if (json) print(JSON.stringify({ ...report, counts: Object.fromEntries(report.counts) }));
  else for (const line of summaryOf(report)) print(line);
  if (report.broken.length > 0) exitWith(damageFound);
}

function summaryOf({ rounds, counts, unanswered, slowestStartMilliseconds, broken }: CrashTestReport): string[] {
  const kinds = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${count} ${kind}`);
  return [
    `${rounds} kills, ${sumOf(counts)} operations acknowledged (${kinds.join(', ')}), ${unanswered} cut off`,
    `Longest start, until the first S3 answer: ${slowestStartMilliseconds} ms`,
    ...broken.map((message) => `BROKEN  ${message}`),
    broken.length === 0
      ? 'Every acknowledged write was there, whole. Nothing was there by halves, nothing had leaked, all counters were exact.'
      : `${broken.length} promises were broken. Please report this, with the disk and the file system.`,
  ];
}

const sumOf = (counts: CrashTestReport['counts']): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);
