import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import { dataPaths } from '../data-directory/data-directory.ts';
import { type ScrubReport, scrubStore } from '../verification/scrub-store.ts';
import type { StoreEngines } from '../verification/table-scan.ts';
import { checkAccess } from './check-data-directory.ts';
import { checkFileSystem, checkSpace } from './check-disk.ts';
import { checkClock, checkLimits, systemText } from './check-machine.ts';
import { checkFeatures, checkSyncs } from './check-sync.ts';
import { type Finding, failure, good } from './finding.ts';

export interface Patient {
  /** Free of symbolic links. */
  readonly directory: string;
  readonly engines: StoreEngines;
  readonly workers: number;
  readonly clock: Clock;
}

/**
 * Examines a data directory and the machine it is on, beside a server that may be running. Writes only into a directory
 * of its own inside, which it removes.
 */
export async function* examine({ directory, engines, workers, clock }: Patient): AsyncGenerator<Finding, void> {
  yield await checkAccess(directory);
  yield* await checkSpace(directory);
  yield await checkFileSystem(directory, await systemText('/proc/self/mountinfo'));
  const scratch = await mkdtemp(join(directory, 'doctor-'));
  try {
    yield await checkFeatures(scratch);
    yield await checkSyncs(scratch, clock);
    yield await checkClock({ clock, scratchFile: join(scratch, 'sync'), metadata: dataPaths(directory).metadata });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  yield* await checkLimits(workers);
  yield await checkStore(engines, clock);
}

const shownViolations = 5;

/** Recounts all records, without reading the stored bytes. */
async function checkStore(engines: StoreEngines, clock: Clock): Promise<Finding> {
  const shown: string[] = [];
  let report: ScrubReport;
  try {
    report = await scrubStore(engines, {
      clock,
      bytes: false,
      onViolation({ message }) {
        if (shown.length < shownViolations) shown.push(message);
      },
    });
  } catch (error) {
    return failure('store', `it cannot be read: ${(error as Error).message}`, 'Restore a backup.');
  }
  const { violations, versions } = report;
  if (violations === 0) return good('store', `${versions} versions, all records agree`);
  const more = violations > shown.length ? [`and ${violations - shown.length} more`] : [];
  const advice =
    'Run cairn scrub for all of it, keep a copy of the data directory, and restore what is damaged from a backup.';
  return failure('store', [...shown, ...more].join('; '), advice);
}
