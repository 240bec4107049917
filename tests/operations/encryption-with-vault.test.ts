import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
import { leastToken, startTransitServer, vaultToken } from './transit-server.ts';

const settings = (address: string, token = vaultToken) => ({ address: `${address}/`, token, mount: '/transit/' });

test('a vault seals and opens, for the same context only, and over rotations', async () => {
  await using transit = await startTransitServer();
  const vault = transitKeyVault(settings(transit.address), systemClock);
  await vault.create('a-key');
  const [secret, context] = [Buffer.from('secret'), Buffer.from('context')];
  const sealed = await vault.seal('a-key', secret, context);
  assert.equal(sealed.includes(secret), false);
  await vault.create('a-key');
  await vault.rotate('a-key');
  assert.deepEqual(await vault.open('a-key', sealed, context), secret);
  assert.notDeepEqual(await vault.seal('a-key', secret, context), sealed);
  await assert.rejects(vault.open('a-key', sealed, Buffer.from('another')), VaultSealError);
  await assert.rejects(vault.open('a-key', Buffer.from('nonsense'), context), VaultSealError);
  await assert.rejects(vault.seal('nothing', secret, context), VaultKeyMissingError);
  const stranger = transitKeyVault(settings(transit.address, 'another'), systemClock);
  await assert.rejects(stranger.seal('a-key', secret, context), KeyVaultUnavailableError);
  transit.away(true);
  await assert.rejects(vault.seal('a-key', secret, context), KeyVaultUnavailableError);
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
  assert.equal(transit.requests, before);

  transit.away(true);
  await assert.rejects(get('k'), isFailure('ServiceUnavailable', 503));
  await assert.rejects(put('k2'), isFailure('ServiceUnavailable', 503));
  assert.equal(await get('b0'), 'b0');
  transit.away(false);
  assert.equal(await get('k'), 'k');
  const [name, key] = [...transit.keys][0]!;
  transit.keys.delete(name);
  await assert.rejects(get('k'), isFailure('KMS.NotFoundException', 400));
  await assert.rejects(put('k2'), isFailure('KMS.NotFoundException', 400));
  transit.keys.set(name, { ...key, versions: [Buffer.alloc(32)] });
  await assert.rejects(get('k'), isFailure('InternalError', 500));
  transit.keys.set(name, key);
  assert.equal(await get('k'), 'k');
});

for (const [token, may] of [
  [vaultToken, 'may make keys'],
  [leastToken, 'may make none by sealing'],
] as const) {
  test(`a key that is gone is missing to every use of it, and stays so, where the token ${may}`, async () => {
    await using transit = await startTransitServer();
    const vault = transitKeyVault(settings(transit.address, token), systemClock);
    await vault.create('a-key');
    const sealed = await vault.seal('a-key', Buffer.from('secret'), Buffer.from('context'));
    transit.keys.clear();
    await assert.rejects(vault.seal('a-key', Buffer.from('secret'), Buffer.from('context')), VaultKeyMissingError);
    await assert.rejects(vault.open('a-key', sealed, Buffer.from('context')), VaultKeyMissingError);
    await assert.rejects(vault.rotate('a-key'), VaultKeyMissingError);
    assert.equal(transit.keys.size, 0);
  });
}

test('a mount, a namespace or a token that is wrong makes the vault unusable, and no key missing', async () => {
  await using transit = await startTransitServer({ namespace: 'team' });
  const right = { ...settings(transit.address), namespace: 'team' };
  await transitKeyVault(right, systemClock).create('a-key');
  for (const wrong of [{ mount: 'elsewhere' }, { namespace: undefined }, { namespace: 'another' }, { token: 'no' }]) {
    const vault = transitKeyVault({ ...right, ...wrong }, systemClock);
    const uses = [
      () => vault.create('another'),
      () => vault.rotate('a-key'),
      () => vault.seal('a-key', Buffer.from('secret'), Buffer.from('context')),
      () => vault.open('a-key', Buffer.from('vault:v1:AAAA'), Buffer.from('context')),
    ];
    for (const use of uses) await assert.rejects(use, KeyVaultUnavailableError, JSON.stringify(wrong));
  }
});

test('a vault whose certificate is of an authority of its own is trusted where that authority is given', async () => {
  const [cert, key] = ['crt', 'key'].map((kind) =>
    readFileSync(new URL(`../start/certificates/test-only-first.${kind}`, import.meta.url), 'utf8'),
  ) as [string, string];
  await using transit = await startTransitServer({ tls: { cert, key } });
  const trusting = transitKeyVault({ ...settings(transit.address), authorities: cert }, systemClock);
  await trusting.create('a-key');
  const sealed = await trusting.seal('a-key', Buffer.from('secret'), Buffer.from('context'));
  assert.deepEqual(await trusting.open('a-key', sealed, Buffer.from('context')), Buffer.from('secret'));
  const careful = transitKeyVault(settings(transit.address), systemClock);
  await assert.rejects(careful.create('a-key'), KeyVaultUnavailableError);
});

test('an address that is http where the vault speaks HTTPS is told as that, and other text of a proxy is not told', async (t) => {
  const words = 'Client sent an HTTP request to an HTTPS server';
  let sent = `${words}.\n`;
  const server = createServer((_, response) => void response.writeHead(400).end(sent)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const vault = transitKeyVault(settings(`http://127.0.0.1:${port}`), systemClock);
  await assert.rejects(vault.create('a-key'), { message: `the key vault cannot be used: it answered 400: ${words}` });
  sent = `You sent X-Vault-Token: ${vaultToken}`;
  await assert.rejects(vault.create('a-key'), { message: 'the key vault cannot be used: it answered 400' });
});

test('a vault that was stopped is used again as soon as it is back', async () => {
  const before = await startTransitServer();
  const vault = transitKeyVault(settings(before.address), systemClock);
  await vault.create('a-key');
  const sealed = await vault.seal('a-key', Buffer.from('secret'), Buffer.from('context'));
  const { port, keys } = before;
  await before[Symbol.asyncDispose]();
  await assert.rejects(vault.open('a-key', sealed, Buffer.from('context')), KeyVaultUnavailableError);
  await using _after = await startTransitServer({ port, keys });
  assert.deepEqual(await vault.open('a-key', sealed, Buffer.from('context')), Buffer.from('secret'));
});

test('a key of the vault is taken up only where it is there and seals what it is to seal', async () => {
  await using transit = await startTransitServer();
  await using server = await startS3Server({ vault: transitKeyVault(settings(transit.address), systemClock) });
  const { keyManagement } = server.context.encryption!;
  const { accountId } = await server.identity.resolveAccount('root');
  const take = (vaultKey: string, id?: string) => keyManagement.create({ accountId, vaultKey, id });
  transit.keys.set('good', { type: 'aes256-gcm96', versions: [Buffer.alloc(32)] });
  transit.keys.set('signing', { type: 'rsa-2048', versions: [Buffer.alloc(32)] });
  assert.deepEqual((await take('good')).material, { kind: 'transit', name: 'good' });
  await assert.rejects(take('missing'), { kind: 'KmsKeyNotFound' });
  await assert.rejects(take('signing'), { kind: 'InvalidRequest', message: /associated_data/ });
  for (const name of ['not a name', '-x', 'x-', 'a/b', '']) {
    await assert.rejects(take(name), { kind: 'InvalidRequest', message: /letters/ });
  }
  await assert.rejects(keyManagement.create({ accountId, id: 'x-' }), { kind: 'InvalidRequest' });
  assert.deepEqual([...transit.keys.keys()], ['good', 'signing']);
  transit.away(true);
  await assert.rejects(keyManagement.create({ accountId }), { kind: 'ServiceUnavailable' });
  await assert.rejects(take('good'), { kind: 'ServiceUnavailable' });
});
