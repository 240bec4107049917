import type { CrashTestSurroundings } from '../cli/crash-test/crash-test.ts';
import { type Clock, systemClock } from '../foundation/clock.ts';
import { silentLogger } from '../foundation/logger.ts';
import { systemRandom } from '../foundation/random.ts';
import { spans } from '../records/keyspace.ts';
import { reclaimDue, reclaimOrphans } from '../services/content/reclaim.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { type VerifyOptions, verifyStore } from '../services/verification/verify-store.ts';
import { readSettings } from '../settings-sources.ts';
import { type CrashServerOptions, startAndKillServer, startCrashServer } from './crash-server.ts';
import { closeEngines, type Engines, openEngines } from './engines.ts';

interface StoreOptions extends CrashServerOptions {
  /** Where the store has cold data. */
  readonly coldData?: string | undefined;
}

/** The crash test on real processes and a real data directory, which is made where it is missing. */
export function crashSurroundings(options: StoreOptions): CrashTestSurroundings {
  const random = systemRandom();
  return {
    clock: systemClock,
    random,
    start: () => startCrashServer(options),
    startAndKill: (milliseconds) => startAndKillServer(options, milliseconds),
    verify: ({ bytes }) => withEngines(options, (engines) => violationsOf(engines, { bytes })),
    reclaimAndVerify: () =>
      withEngines(options, async (engines) => {
        await reclaimEverything({
          ...engines,
          clock: dayAfterTomorrow,
          random,
          logger: silentLogger,
          storage: { inlineBytes: 65_536, reclaimGraceMilliseconds: 0 },
          subscribers: [],
        });
        const left = await engines.metadata.range(spans.table('reclaim', undefined, 1));
        const violations = await violationsOf(engines, { bytes: true, orphans: true });
        return left.length === 0 ? violations : [...violations, 'the reclaim list is not empty after a reclaim'];
      }),
  };
}

/** Then everything is due, remembered answers and leases of readers that are long gone too. */
const dayAfterTomorrow: Clock = { ...systemClock, now: () => systemClock.now() + 2 * 86_400_000 };

/** Reclaiming leaves more to reclaim, which becomes due later. */
const mostDays = 20;

async function reclaimEverything(context: ServiceContext): Promise<void> {
  const { signal } = new AbortController();
  await reclaimOrphans(context, { writtenBefore: context.clock.now(), signal });
  for (let day = 0; day < mostDays; day++) {
    const clock = { ...context.clock, now: () => context.clock.now() + day * 86_400_000 };
    while ((await reclaimDue({ ...context, clock })).reclaimed > 0);
  }
}

async function violationsOf(engines: Engines, options: VerifyOptions): Promise<string[]> {
  const messages: string[] = [];
  for await (const { message } of verifyStore(engines, options)) messages.push(message);
  return messages;
}

async function withEngines<T>(
  { data, sync, coldData }: StoreOptions,
  use: (engines: Engines) => Promise<T>,
): Promise<T> {
  const flags = ['--data', data, '--sync', sync, ...(coldData === undefined ? [] : ['--cold-data', coldData])];
  const engines = await openEngines(await readSettings({ flags, environment: {} }));
  try {
    return await use(engines);
  } finally {
    await closeEngines(engines);
  }
}
