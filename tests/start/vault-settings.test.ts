import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { certificateFile, httpsSettings } from '../clients/https.ts';
import { leastToken, startTransitServer } from '../operations/transit-server.ts';
import { eventually, runToEnd, spawnServer, temporaryDirectory } from './spawn-server.ts';

test('a server of several processes uses the vault that its settings name, and keeps its token good', async (t) => {
  const tls = { cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(httpsSettings.CAIRN_TLS_KEY, 'utf8') };
  const vault = await startTransitServer({ tls, namespace: 'team' });
  t.after(() => vault[Symbol.asyncDispose]());
  const server = await spawnServer(t, {
    environment: {
      CAIRN_VAULT_ADDRESS: vault.address,
      CAIRN_VAULT_TOKEN: leastToken,
      CAIRN_VAULT_NAMESPACE: 'team',
      CAIRN_VAULT_CA_FILE: certificateFile,
      CAIRN_WORKERS: '2',
    },
  });
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const s3 = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials,
  });
  t.after(() => s3.destroy());
  const object = { Bucket: 'vaulted', Key: 'k' };
  await s3.send(new CreateBucketCommand({ Bucket: 'vaulted' }));
  await s3.send(new PutObjectCommand({ ...object, Body: 'x', ServerSideEncryption: 'aws:kms' }));
  assert.equal(await (await s3.send(new GetObjectCommand(object))).Body!.transformToString(), 'x');
  assert.equal(vault.keys.size, 1);
  assert.equal(await eventually(async () => vault.renewals[0]), leastToken);
  assert.equal(server.errors().includes(leastToken), false);
});

test('authorities of the vault that cannot be read stop the start', async (t) => {
  const missing = join(await temporaryDirectory(t), 'ca.pem');
  const environment = {
    CAIRN_VAULT_ADDRESS: 'https://127.0.0.1:1',
    CAIRN_VAULT_TOKEN: 'token',
    CAIRN_VAULT_CA_FILE: missing,
  };
  const { code, errors } = await runToEnd(t, { environment });
  assert.notEqual(code, 0);
  assert.ok(errors.includes(missing), errors);
});
