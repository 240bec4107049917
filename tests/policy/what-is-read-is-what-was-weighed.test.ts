import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { StorageError } from '../../src/domain/errors.ts';
import { onObject } from '../../src/domain/grant.ts';
import { anonymous } from '../../src/domain/principal.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { Access } from '../../src/services/authorization/access.ts';
import { AuthorizationService } from '../../src/services/authorization/authorization-service.ts';
import { BucketPolicies } from '../../src/services/authorization/bucket-policies.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import { UploadService } from '../../src/services/uploads/upload-service.ts';
import { sendAnonymous } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { done } from '../security/policies.ts';

let server: TestServer;
/** Runs before the next snapshot but so many, which is how objects are read. */
let interruption: { snapshots: number; run: () => Promise<void> } | undefined;
before(async () => {
  const inner = memoryMetadataEngine();
  const metadata: MetadataEngine = {
    get: (key) => inner.get(key),
    range: (span) => inner.range(span),
    transact: (body) => inner.transact(body),
    close: () => inner.close(),
    async snapshot(body) {
      if (interruption && interruption.snapshots-- === 0) {
        const { run } = interruption;
        interruption = undefined;
        await run();
      }
      return inner.snapshot(body);
    },
  };
  server = await startS3Server({ engines: { metadata } });
});
after(() => server[Symbol.asyncDispose]());

async function putPublic(bucket: string): Promise<void> {
  await done(server, { method: 'PUT', path: `/${bucket}` });
  const headers = { 'x-amz-acl': 'public-read' };
  await done(server, { method: 'PUT', path: `/${bucket}/key`, headers, body: Buffer.from('for all') });
}

const replace = (bucket: string) =>
  done(server, { method: 'PUT', path: `/${bucket}/key`, body: Buffer.from('secret') }).then(() => undefined);

test('an object that is replaced after it was weighed is weighed again', async () => {
  await putPublic('weighed');
  const { context, identity } = server;
  const buckets = new BucketService(context);
  const settings = new BucketSettings(context);
  const objects = new ObjectService(context);
  const policies = new BucketPolicies(settings);
  const uploads = new UploadService(context);
  const gate = new AuthorizationService({ buckets, settings, policies, objects, uploads, identity });
  const conditions = { values: () => undefined };
  const access = new Access(gate, { principal: anonymous, conditions, acceptsCharges: false });
  const grant = onObject('s3:GetObject', 'weighed', 'key');
  await access.requireAll([grant]);
  const target = { bucket: access.bucket('weighed'), key: 'key', versionId: undefined };
  await access.confirm(grant, await objects.head(target));
  await replace('weighed');
  const found = await objects.head(target);
  await assert.rejects(
    async () => access.confirm(grant, found),
    (error: StorageError) => error.kind === 'AnonymousNotAllowed',
  );
});

for (const method of ['GET', 'HEAD'] as const) {
  test(`${method} shows nothing of an object that took the place of the one that was weighed`, async () => {
    const bucket = `raced-${method.toLowerCase()}`;
    let isRaced = false;
    // Whichever of the request's snapshots comes after the weighing: before each in turn the object is replaced.
    for (let snapshots = 0; snapshots < 4; snapshots++) {
      await putPublic(bucket);
      interruption = { snapshots, run: () => replace(bucket) };
      const { status, headers, body } = await sendAnonymous(server, method, `/${bucket}/key`);
      isRaced ||= interruption === undefined;
      interruption = undefined;
      assert.ok(!body.toString().includes('secret'), `${snapshots}: ${status} ${body}`);
      if (status === 200) assert.equal(headers['content-length'], '7', `${snapshots}`);
    }
    assert.ok(isRaced, 'the object was replaced under the request');
  });
}
