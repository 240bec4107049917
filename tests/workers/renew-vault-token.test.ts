import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transitKeyVault } from '../../src/engines/key-vault/transit/transit-key-vault.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import { workRecordType } from '../../src/records/work-record.ts';
import { EncryptionService } from '../../src/services/encryption/encryption-service.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import { renewVaultToken } from '../../src/workers/renew-vault-token.ts';
import { MemoryStore } from '../memory-store.ts';
import { leastToken, startTransitServer, vaultToken } from '../operations/transit-server.ts';

/** Runs the work until it has rested so often; answers what is told of it then. */
async function afterRests(address: string, token: string, most: number) {
  const store = await MemoryStore.open();
  const stop = new AbortController();
  const rests: number[] = [];
  const clock = {
    now: () => store.clock.now(),
    sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
      // Renewing the lease waits for the end of the round; only the work itself rests on the signal given here.
      if (signal !== stop.signal) {
        return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
      }
      rests.push(milliseconds);
      if (rests.length === most) stop.abort();
      return Promise.resolve();
    },
  };
  const vault = transitKeyVault({ address, token, mount: 'transit' }, systemClock);
  const keys = { secrets: new SecretBox(Buffer.alloc(32, 7), store.context.random), region: 'us-east-1', vault };
  const encryption = new EncryptionService({ ...store.context, ...keys });
  const context: ServiceContext = { ...store.context, encryption };
  await renewVaultToken({ ...context, clock }).run(stop.signal);
  const story = await store.metadata.get(keyspace.work('renew-vault-token'));
  return { rests, story: workRecordType.decode(story!) };
}

test('a token of the vault that can be renewed is, again and again', async () => {
  await using transit = await startTransitServer();
  const { story, rests } = await afterRests(transit.address, leastToken, 3);
  assert.deepEqual(transit.renewals, [leastToken, leastToken, leastToken]);
  assert.deepEqual([story.state, story.progress], ['waiting', 'the token is good for 24 hours']);
  assert.equal(new Set(rests).size, 1);
});

test('a token that soon ends is said to be good for minutes', async () => {
  await using transit = await startTransitServer({ leaseSeconds: 1200 });
  const { story } = await afterRests(transit.address, leastToken, 1);
  assert.equal(story.progress, 'the token is good for 20 minutes');
});

test('a token that cannot be renewed is left alone, and said to be one', async () => {
  await using transit = await startTransitServer();
  const { story } = await afterRests(transit.address, vaultToken, 2);
  assert.deepEqual([story.state, story.progress], ['waiting', 'the token cannot be renewed']);
});

test('a vault that is away, or refuses the token, is told as a failure and asked again', async () => {
  await using transit = await startTransitServer();
  const refused = await afterRests(transit.address, 'revoked', 2);
  assert.equal(refused.story.state, 'failed');
  assert.match(refused.story.failure ?? '', /403: .*permission denied/);
  transit.away(true);
  const away = await afterRests(transit.address, leastToken, 2);
  assert.match(away.story.failure ?? '', /Vault is sealed/);
});
