import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { S3Connection, type S3Request } from '../../src/cli/crash-test/s3-connection.ts';
import { FaultPlan, InjectedFault } from '../../src/engines/fault-plan.ts';
import { faultyMetadataEngine } from '../../src/engines/metadata/faulty/faulty-metadata-engine.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { startS3Server } from '../s3-server.ts';

/** Once armed, the first commit waits for the gate and the second one fails. */
function gatedEngine() {
  const inner = faultyMetadataEngine(memoryMetadataEngine(), new FaultPlan());
  const gate = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<void>();
  let isArmed = false;
  let commits = 0;
  const metadata: MetadataEngine = {
    ...inner,
    async transact(body) {
      if (isArmed && ++commits === 1) await gate.promise;
      else if (isArmed) {
        failed.resolve();
        throw new InjectedFault('metadata.transact', 'before');
      }
      return inner.transact(body);
    },
  };
  const arm = () => {
    isArmed = true;
  };
  return { metadata, arm, open: gate.resolve, failed: failed.promise };
}

const body = Buffer.from('<Delete><Object><Key>slow</Key></Object><Object><Key>failing</Key></Object></Delete>');
const deletion: S3Request = {
  method: 'POST',
  path: '/bucket',
  query: { delete: '' },
  headers: { 'content-md5': createHash('md5').update(body).digest('base64') },
  body,
};

test('DeleteObjects answers a failure when none of its deletions is under way any more', async (t) => {
  const engine = gatedEngine();
  await using server = await startS3Server({ engines: { metadata: engine.metadata } });
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = server.root;
  const account = { url: server.url, accessKey, secretKey, region: 'us-east-1' };
  const connection = new S3Connection(account, systemClock);
  t.after(() => connection.close());
  assert.equal((await connection.send({ method: 'PUT', path: '/bucket' })).status, 200);
  for (const key of ['slow', 'failing']) await connection.send({ method: 'PUT', path: `/bucket/${key}` });
  engine.arm();
  let isAnswered = false;
  const answer = connection.send(deletion).finally(() => {
    isAnswered = true;
  });
  await engine.failed;
  // Whoever asks after the failure is answered after it.
  assert.equal((await connection.send({ method: 'GET', path: '/' })).status, 200);
  assert.equal(isAnswered, false, 'it was answered while an object was still to be deleted');
  engine.open();
  assert.equal((await answer).status, 500);
  assert.equal((await connection.send({ method: 'HEAD', path: '/bucket/slow' })).status, 404);
  assert.equal((await connection.send({ method: 'HEAD', path: '/bucket/failing' })).status, 200);
});
