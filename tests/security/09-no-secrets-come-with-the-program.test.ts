import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { openLmdbMetadataEngine } from '../../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { systemRandom } from '../../src/foundation/random.ts';
import { dataPaths, readDataDirectory } from '../../src/services/data-directory/data-directory.ts';
import { keptRootCredentials } from '../../src/services/data-directory/secret-files.ts';
import { IdentityService } from '../../src/services/identity/identity-service.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import { exchange } from '../hostile/raw-connection.ts';
import { startS3Server } from '../s3-server.ts';
import { spawnServer } from '../start/spawn-server.ts';

test('the credentials that other stores come with open nothing', async () => {
  await using server = await startS3Server();
  for (const [accessKeyId, secretAccessKey] of [
    ['minioadmin', 'minioadmin'],
    ['rustfsadmin', 'rustfsadmin'],
    ['admin', 'password'],
    ['root', 'root'],
    ['cairn', 'cairn'],
    ['test', 'test'],
    ['AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ] as const) {
    const client = server.client({ credentials: { accessKeyId, secretAccessKey } });
    await assert.rejects(client.send(new ListBucketsCommand()), { name: 'InvalidAccessKeyId' });
  }
});

test('drawn keys are never drawn twice', async () => {
  await using server = await startS3Server();
  await server.identity.createAccount({ name: 'many' });
  const pairs = await Promise.all(
    Array.from({ length: 50 }, () => server.identity.createAccessKey({ account: 'many' })),
  );
  assert.equal(new Set(pairs.map(({ accessKeyId }) => accessKeyId)).size, 50);
  assert.equal(new Set(pairs.map(({ secretAccessKey }) => secretAccessKey)).size, 50);
  for (const { secretAccessKey } of pairs) assert.ok(secretAccessKey.length >= 40);
});

test('secrets lie in the engine sealed', async () => {
  await using server = await startS3Server();
  await server.identity.createAccount({ name: 'sealed' });
  const pair = await server.identity.createAccessKey({ account: 'sealed' });
  const everything = await server.context.metadata.range({
    from: Buffer.from([0]),
    to: Buffer.from([255]),
    limit: 100_000,
  });
  assert.ok(everything.some(({ key }) => key.includes(pair.accessKeyId)));
  for (const { key, value } of everything) {
    for (const secret of [pair.secretAccessKey, server.root.secretAccessKey]) {
      assert.equal(key.includes(secret) || value.includes(secret), false);
      assert.equal(value.includes(Buffer.from(secret).toString('base64')), false);
    }
  }
});

test('no path tells the environment, by whatever method', async () => {
  await using server = await startS3Server();
  process.env.CAIRN_TEST_CANARY = 'canary-in-the-environment';
  try {
    for (const path of [
      '/minio/bootstrap/v1/verify',
      '/minio/health/cluster',
      '/rustfs/admin/v3/info',
      '/debug/vars',
      '/debug/pprof/',
      '/env',
      '/status',
      '/.env',
      '/server-status',
    ]) {
      for (const method of ['GET', 'POST', 'PUT']) {
        const bytes = `${method} ${path} HTTP/1.1\r\nHost: ${server.host}\r\nContent-Length: 0\r\n\r\n`;
        const reply = await exchange(server.port, bytes);
        assert.ok(reply.status >= 400 && reply.status < 500, `${method} ${path} ${reply.status}`);
        assert.equal(reply.body.includes('canary'), false);
      }
    }
  } finally {
    delete process.env.CAIRN_TEST_CANARY;
  }
});

test('two fresh stores have no secret, key or id in common', async (t) => {
  const stores = await Promise.all(
    [1, 2].map(async () => {
      const server = await spawnServer(t, { environment: { CAIRN_ROOT_ACCESS_KEY: '', CAIRN_ROOT_SECRET_KEY: '' } });
      assert.equal(await server.stop(), 0);
      const random = systemRandom();
      const { directory, masterKey } = readDataDirectory(server.data, random);
      const { accessKey, secretKey } = keptRootCredentials(directory, random);
      const metadata = openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: 'relaxed' });
      const secrets = new SecretBox(masterKey, random);
      const identity = new IdentityService({ metadata, clock: systemClock, random, secrets });
      const { accountId, canonicalId } = await identity.resolveAccount('root');
      const sealed = secrets.derive('one purpose').seal('text', 'name').toString('base64');
      await metadata.close();
      return { masterKey: masterKey.toString('hex'), accessKey, secretKey, accountId, canonicalId, sealed };
    }),
  );
  const [one, other] = stores as [(typeof stores)[0], (typeof stores)[0]];
  for (const name of Object.keys(one) as (keyof typeof one)[]) {
    assert.notEqual(one[name], other[name], name);
    assert.ok(one[name].length >= 12, name);
  }
});
