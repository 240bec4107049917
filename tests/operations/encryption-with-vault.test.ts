import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  KeyVaultUnavailableError,
  VaultKeyMissingError,
  VaultSealError,
} from '../../src/engines/key-vault/key-vault.ts';
import { transitKeyVault } from '../../src/engines/key-vault/transit/transit-key-vault.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { startS3Server } from '../s3-server.ts';
import { isFailure } from './is-failure.ts';
import { startTransitServer, vaultToken } from './transit-server.ts';

const settings = (address: string, token = vaultToken) => ({ address: `${address}/`, token, mount: '/transit/' });

test('a vault seals and opens, for the same context only, and over rotations', async () => {
  await using transit = await startTransitServer();
  const vault = transitKeyVault(settings(transit.address), systemClock);
  await vault.create('a key');
  const [secret, context] = [Buffer.from('secret'), Buffer.from('context')];
  const sealed = await vault.seal('a key', secret, context);
  assert.equal(sealed.includes(secret), false);
  await vault.create('a key');
  await vault.rotate('a key');
  assert.deepEqual(await vault.open('a key', sealed, context), secret);
  assert.notDeepEqual(await vault.seal('a key', secret, context), sealed);
  await assert.rejects(vault.open('a key', sealed, Buffer.from('another')), VaultSealError);
  await assert.rejects(vault.open('a key', Buffer.from('nonsense'), context), VaultSealError);
  await assert.rejects(vault.seal('nothing', secret, context), VaultKeyMissingError);
  const stranger = transitKeyVault(settings(transit.address, 'another'), systemClock);
  await assert.rejects(stranger.seal('a key', secret, context), KeyVaultUnavailableError);
  transit.away(true);
  await assert.rejects(vault.seal('a key', secret, context), KeyVaultUnavailableError);
});

test('objects are encrypted with keys that are in the vault alone, and a bucket key asks it seldom', async () => {
  await using transit = await startTransitServer();
  const vault = transitKeyVault(settings(transit.address), systemClock);
  await using server = await startS3Server({ vault });
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'vaulted' }));
  const kms = { ServerSideEncryption: 'aws:kms' } as const;
  const put = (Key: string, more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket: 'vaulted', Key, Body: Key, ...kms, ...more }));
  const get = async (Key: string) =>
    (await s3.send(new GetObjectCommand({ Bucket: 'vaulted', Key }))).Body!.transformToString();
  await put('k');
  assert.equal(await get('k'), 'k');
  assert.equal(transit.keys.size, 1);
  await put('b0', { BucketKeyEnabled: true });
  const before = transit.requests;
  for (let i = 1; i < 5; i++) await put(`b${i}`, { BucketKeyEnabled: true });
  assert.equal(transit.requests, before);
  assert.deepEqual([await get('b0'), await get('b4')], ['b0', 'b4']);
  assert.equal(transit.requests, before + 1);

  transit.away(true);
  await assert.rejects(get('k'), isFailure('ServiceUnavailable', 503));
  await assert.rejects(put('k2'), isFailure('ServiceUnavailable', 503));
  assert.equal(await get('b0'), 'b0');
  transit.away(false);
  assert.equal(await get('k'), 'k');
  const [name, [material]] = [...transit.keys][0]! as [string, Buffer[]];
  transit.keys.delete(name);
  await assert.rejects(get('k'), isFailure('KMS.NotFoundException', 400));
  transit.keys.set(name, [Buffer.alloc(32)]);
  await assert.rejects(get('k'), isFailure('InternalError', 500));
  transit.keys.set(name, [material!]);
  assert.equal(await get('k'), 'k');
});
