import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from '../operations/is-failure.ts';
import { spawnServer } from '../start/spawn-server.ts';
import { advisedPolicy, type RealVault, vaultTest } from './real-vault.ts';

const product = fileURLToPath(new URL('../../bin/cairn.js', import.meta.url));
const run = promisify(execFile);
const Bucket = 'bucket';
const kms = { ServerSideEncryption: 'aws:kms' } as const;
const withBucketKey = { ...kms, BucketKeyEnabled: true } as const;
const unavailable = isFailure('ServiceUnavailable', 503);
const missing = isFailure('KMS.NotFoundException', 400);

/** A server with a bucket, whose keys are in the vault. */
async function serverWith(t: TestContext, environment: Record<string, string>) {
  const server = await spawnServer(t, { environment });
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const options = { endpoint: server.url, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 };
  const s3 = new S3Client({ ...options, credentials });
  t.after(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket }));
  return {
    server,
    s3,
    put: (Key: string, how: Partial<PutObjectCommandInput> = kms) =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, ...how })),
    get: async (Key: string) =>
      (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString('latin1'),
    /** What a command prints that is run beside the server, with its settings. */
    async cairn(...args: string[]): Promise<string> {
      const env = { PATH: process.env.PATH, ...environment };
      return (await run(process.execPath, [product, ...args, '--data', server.data], { env })).stdout.trim();
    },
  };
}

const serverOf = async (t: TestContext, vault: RealVault, token?: string) =>
  serverWith(t, vault.settings(token ?? (await vault.token(advisedPolicy()))));

vaultTest(
  'with the policy of the guide, objects are put, copied and uploaded in parts, and read back',
  async (t, vault) => {
    const { s3, put, get, cairn } = await serverOf(t, vault);
    await put('default');
    const arn = await cairn('kms', 'key', 'create', '--account', 'root', '--alias', 'alias/named');
    assert.equal((await put('named', { ...kms, SSEKMSKeyId: 'alias/named' })).SSEKMSKeyId, arn);
    await put('with-bucket-key', { ...withBucketKey, SSEKMSKeyId: arn });
    const SSEKMSEncryptionContext = Buffer.from('{"team":"blue"}').toString('base64');
    await put('with-context', { ...kms, SSEKMSEncryptionContext });
    assert.equal((await vault.keys()).length, 2);
    const copy = { Bucket, Key: 'copy', CopySource: `${Bucket}/with-context`, ...kms, SSEKMSKeyId: arn };
    await s3.send(new CopyObjectCommand(copy));
    const upload = { Bucket, Key: 'parts' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...upload, ...kms }));
    const bodies = [randomBytes(5 << 20), randomBytes(1000)];
    const Parts = [];
    for (const [i, Body] of bodies.entries()) {
      const { ETag } = await s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: i + 1, Body }));
      Parts.push({ ETag, PartNumber: i + 1 });
    }
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }));
    const assertReadable = async () => {
      for (const key of ['default', 'named', 'with-bucket-key', 'with-context']) assert.equal(await get(key), key);
      assert.equal(await get('copy'), 'with-context');
      assert.equal(await get('parts'), Buffer.concat(bodies).toString('latin1'));
    };
    await assertReadable();
    await cairn('kms', 'key', 'rotate', arn);
    for (const name of await vault.keys()) await vault.must('POST', `transit/keys/${name}/rotate`);
    await put('after-rotation', { ...kms, SSEKMSKeyId: arn });
    assert.equal(await get('after-rotation'), 'after-rotation');
    await assertReadable();
  },
);

for (const who of ['the policy of the guide', 'every right'] as const) {
  vaultTest(`a deleted key is not found, and with ${who} none is made in its place`, async (t, vault) => {
    const token = who === 'every right' ? vault.rootToken : undefined;
    const { put, get, cairn } = await serverOf(t, vault, token);
    await put('k');
    const [name] = await vault.keys();
    await vault.deleteKey(name!);
    await assert.rejects(get('k'), missing);
    await assert.rejects(put('k2'), missing);
    const [key] = JSON.parse(await cairn('kms', 'key', 'list', '--json')) as [{ arn: string }];
    await assert.rejects(cairn('kms', 'key', 'rotate', key.arn), /does not exist/);
    assert.deepEqual(await vault.keys(), []);
  });
}

vaultTest('each rule of the policy of the guide is needed', async (t, vault) => {
  const rules = advisedPolicy().split(/(?<=^}\n)/m);
  assert.equal(rules.length, 4);
  for (const left of rules) {
    const token = await vault.token(rules.filter((rule) => rule !== left).join(''));
    const { server, put, get, cairn } = await serverOf(t, vault, token);
    const useAll = async () => {
      await put('k');
      await get('k');
      await cairn('kms', 'key', 'rotate', await cairn('kms', 'key', 'create', '--account', 'root'));
    };
    await assert.rejects(useAll, /The key management cannot be reached/, left);
    await server.stop();
  }
});

vaultTest('a vault that is sealed or stopped is a 503, and one that is back needs no restart', async (t, vault) => {
  const { put, get } = await serverOf(t, vault);
  await put('k');
  await put('b', withBucketKey);
  // A bucket key is remembered by whoever has opened it.
  assert.equal(await get('b'), 'b');
  const outages = [
    { begin: () => vault.seal(), end: () => vault.unseal() },
    { begin: () => vault.stop(), end: () => vault.startAgain() },
  ];
  for (const { begin, end } of outages) {
    await begin();
    await assert.rejects(get('k'), unavailable);
    await assert.rejects(put('k2'), unavailable);
    assert.equal(await get('b'), 'b');
    await put('no-kms', {});
    await end();
    assert.equal(await get('k'), 'k');
    await put('k2');
  }
});

vaultTest('a token that is revoked is a 503 that says why in the log, and the token is in none', async (t, vault) => {
  const token = await vault.token(advisedPolicy());
  const { put, get, server } = await serverOf(t, vault, token);
  await put('k');
  await vault.must('POST', 'auth/token/revoke', { token });
  await assert.rejects(get('k'), unavailable);
  await assert.rejects(put('k2'), unavailable);
  assert.match(server.errors(), /it answered 403: .*permission denied/);
  assert.equal(server.errors().includes(token), false);
});

vaultTest('a certificate of an authority that nobody named is not trusted', async (t, vault) => {
  const { CAIRN_VAULT_CA_FILE: _, ...settings } = vault.settings(vault.rootToken);
  const { put, server } = await serverWith(t, settings);
  await assert.rejects(put('k'), unavailable);
  assert.match(server.errors(), /self-signed certificate/);
});

vaultTest('keys of the vault are taken up where they fit', async (t, vault) => {
  const { put, get, cairn } = await serverOf(t, vault, vault.rootToken);
  const take = (name: string) => cairn('kms', 'key', 'create', '--account', 'root', '--vault-key', name);
  const types = { fitting: { type: 'chacha20-poly1305' }, rsa: { type: 'rsa-2048' }, derived: { derived: true } };
  for (const [name, options] of Object.entries(types)) await vault.must('POST', `transit/keys/${name}`, options);
  const SSEKMSKeyId = await take('fitting');
  await put('k', { ...kms, SSEKMSKeyId });
  assert.equal(await get('k'), 'k');
  await assert.rejects(take('rsa'), /The key rsa of the vault cannot be used/);
  await assert.rejects(take('derived'), /The key derived of the vault cannot be used/);
  await assert.rejects(take('nothing'), /does not exist/);
  await assert.rejects(take('no name'), /letters, digits/);
  assert.deepEqual([...(await vault.keys())].sort(), ['derived', 'fitting', 'rsa']);
});

vaultTest('a mount that is not there is a 503 that names it, and no missing key', async (t, vault) => {
  const { put, server } = await serverWith(t, { ...vault.settings(vault.rootToken), CAIRN_VAULT_MOUNT: 'elsewhere' });
  await assert.rejects(put('k'), unavailable);
  assert.match(server.errors(), /no handler for route/);
});

vaultTest('keys are in the namespace that is set', async (t, vault) => {
  if ((await vault.ask('POST', 'sys/namespaces/team')).status === 404) return t.skip('this vault has no namespaces');
  await vault.must('POST', 'sys/mounts/transit', { type: 'transit' }, 'team');
  const token = await vault.token(advisedPolicy(), {}, 'team');
  const { put, get } = await serverWith(t, { ...vault.settings(token), CAIRN_VAULT_NAMESPACE: 'team' });
  await put('k');
  assert.equal(await get('k'), 'k');
  assert.equal((await vault.keys('team')).length, 1);
  assert.deepEqual(await vault.keys(), []);
});
