import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { InspectionContext } from '../cli/inspection.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../foundation/clock.ts';
import { silentLogger } from '../foundation/logger.ts';
import { systemRandom } from '../foundation/random.ts';
import { requireColdData } from '../services/data-directory/cold-data.ts';
import { dataPaths, readDataDirectory } from '../services/data-directory/data-directory.ts';
import { readSettings } from '../settings-sources.ts';
import { killCrashServers } from './crash-server.ts';
import { crashSurroundings } from './crash-surroundings.ts';
import { closeEngines, openBlobEngines } from './engines.ts';
import { openEncryption } from './open-encryption.ts';

async function settingsFor(dataDirectory: string | undefined) {
  const flags = dataDirectory === undefined ? [] : ['--data', dataDirectory];
  const settings = await readSettings({ flags, environment: process.env });
  return { settings, ...readDataDirectory(settings.data, systemRandom()) };
}

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Commands that look at a store, on the engines that a server with the same settings uses. */
export const inspection: Pick<InspectionContext, 'clock' | 'withStore' | 'withCrashTest'> = {
  clock: systemClock,
  async withStore(dataDirectory, use) {
    const { settings, directory, masterKey } = await settingsFor(dataDirectory);
    requireColdData(directory, settings.coldData);
    const paths = dataPaths(directory);
    const metadata = openLmdbMetadataEngine({ directory: paths.metadata, sync: settings.sync, readOnly: true });
    const engines = { metadata, ...(await openBlobEngines({ ...settings, data: directory })) };
    try {
      const surroundings = { settings, masterKey, clock: systemClock, random: systemRandom(), logger: silentLogger };
      const keys = openEncryption(engines, surroundings);
      return await use({ directory, engines: { ...engines, keys }, workers: settings.workers });
    } finally {
      await closeEngines(engines);
    }
  },
  async withCrashTest(dataDirectory, use) {
    const { settings, directory } = await settingsFor(dataDirectory);
    const scratch = await mkdtemp(join(directory, 'crash-test-'));
    const data = join(scratch, 'data');
    const { sync, workers } = settings;
    const clearAway = () => {
      killCrashServers();
      rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    };
    const leave = () => process.exit(130);
    process.on('exit', clearAway);
    for (const signal of endingSignals) process.on(signal, leave);
    try {
      return await use({ ...crashSurroundings({ entry: process.argv[1]!, data, sync, workers }), directory: data });
    } finally {
      for (const signal of endingSignals) process.off(signal, leave);
      process.off('exit', clearAway);
      clearAway();
    }
  },
};
