import type { EventCommands } from '../cli/event-commands.ts';
import { StorageError } from '../domain/errors.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { dataPaths, readDataDirectory } from '../services/data-directory/data-directory.ts';
import { dropDeadEvents, listDeadEvents, retryDeadEvents } from '../services/events/dead-events.ts';
import { EventTargets } from '../services/events/event-targets.ts';
import { openTarget } from '../services/events/targets/open-target.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import { outboundGuard } from '../services/outbound/outbound-guard.ts';
import type { Settings } from '../settings.ts';

const pageSize = 256;
const testMilliseconds = 10_000;

/** The events of a data directory, for commands; a running server sees changes within seconds. */
export async function openEvents(settings: Settings): Promise<{ commands: EventCommands; close(): Promise<void> }> {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(settings.data, random);
  const metadata = openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: settings.sync });
  const context = { metadata, clock: systemClock, random };
  const targets = new EventTargets({ ...context, secrets: new SecretBox(masterKey, random) });
  const guard = outboundGuard(settings.outboundAllow);
  /** One that is gone may have left letters. */
  const known = async (name: string) => {
    const { waiting, dead } = await targets.numbers(name);
    if (waiting === 0 && dead === 0) await targets.get(name);
  };
  const commands: EventCommands = {
    addTarget: (target, how) => targets.add(target, how),
    async listTargets() {
      const records = await targets.list();
      return Promise.all(
        records.map(async ({ name, type, url, options, accountIds }) => {
          return { name, type, url, options, accountIds, ...(await targets.numbers(name)) };
        }),
      );
    },
    removeTarget: (name) => targets.remove(name),
    async testTarget(name) {
      await targets.get(name);
      try {
        await targets.test(name, { open: openTarget, guard, timeoutMilliseconds: testMilliseconds });
      } catch (cause) {
        throw new StorageError('ServiceUnavailable', { message: `${name}: ${(cause as Error).message}`, cause });
      }
    },
    async *listDead(target) {
      await known(target);
      let after: string | undefined;
      for (;;) {
        const page = await listDeadEvents(context, target, { after, limit: pageSize });
        for (const { id, event, diedAt, reason } of page) {
          const { type, bucket, key, versionId } = event;
          yield { id, type, bucket, key, versionId, at: iso(event.at), diedAt: iso(diedAt), reason };
        }
        if (page.length < pageSize) return;
        after = page.at(-1)!.id;
      }
    },
    async retryDead(target, ids) {
      await known(target);
      return retryDeadEvents(context, target, ids);
    },
    async dropDead(target, ids) {
      await known(target);
      return dropDeadEvents(context, target, ids);
    },
    arnsOf: (name, type) => [
      `arn:aws:sqs:${settings.region}::${name}`,
      `arn:aws:sns:${settings.region}::${name}`,
      `arn:aws:lambda:${settings.region}::function:${name}`,
      `arn:minio:sqs:${settings.region}:${name}:${type}`,
    ],
  };
  return { commands, close: () => metadata.close() };
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
