import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { seededRandom, startS3Server } from '../s3-server.ts';
import { admin, askAdmin, documentIn, makeTenant, thingsIn } from './send-admin.ts';

/** An engine that takes so many commits more, and then none. */
function cuttingEngine(): { readonly metadata: MetadataEngine; left: number } {
  const engine = memoryMetadataEngine({ lateAnswers: false, conflictRate: 0, random: seededRandom('cut') });
  const cutting = {
    left: Number.POSITIVE_INFINITY,
    metadata: new Proxy(engine, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'transact') return value.bind(target);
        return (...given: unknown[]) => {
          if (cutting.left-- <= 0) return Promise.reject(new Error('cut off'));
          return value.apply(target, given);
        };
      },
    }),
  };
  return cutting;
}

const Passphrase = 'a passphrase';
const may = (Action: string) => ({ Effect: 'Allow', Action, Resource: '*' });

test('an import that is cut off anywhere leaves a sound store, and goes on where it ended', async () => {
  const cutting = cuttingEngine();
  await using server = await startS3Server({ engines: { metadata: cutting.metadata }, newBuckets: 'strict' });
  const from = await makeTenant(server, 'from');
  await server.identities.groups.create(from.id, { name: 'staff', path: '/' });
  const text = documentOf([may('s3:*')]);
  await server.identities.policies.create({
    accountId: from.id,
    name: 'own',
    path: '/',
    description: '',
    text,
    tags: [],
  });
  const attached = [`arn:aws:iam::${from.id}:policy/own`];
  await makeUser(server, { name: 'alice', account: 'from', policies: [[may('s3:*')]], attached });
  await server.identities.groups.addUser(from.id, { group: 'staff', user: 'alice' });
  await sendRaw(server, { method: 'PUT', path: '/of-from', credentials: from.keys });
  const versioning = Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
  await sendRaw(server, {
    method: 'PUT',
    path: '/of-from',
    query: [['versioning', '']],
    body: versioning,
    credentials: from.keys,
  });
  await server.identity.createAccessKey({ account: from.id });
  const openly = { method: 'DELETE', path: '/of-from', credentials: from.keys };
  await sendRaw(server, { ...openly, query: [['publicAccessBlock', '']] });
  const exported = JSON.parse(documentIn(await admin(server, 'Export', { Tenant: from.id, Passphrase })));
  // The root that they are of has them.
  delete exported.tenants[0].rootAccessKeys;
  const [key] = exported.tenants[0].users[0].accessKeys;
  let cuts = 0;
  for (let commits = 0; ; commits++) {
    const { id } = await makeTenant(server, `to-${commits}`);
    exported.tenants[0].buckets[0].name = `of-to-${commits}`;
    exported.tenants[0].buckets[0].quota = { objects: 9 };
    const request = { Tenant: id, Document: JSON.stringify(exported), Passphrase };
    await server.identity.deleteAccessKey(key.accessKeyId);
    cutting.left = commits;
    const { status } = await askAdmin(server, 'Import', request);
    cutting.left = Number.POSITIVE_INFINITY;
    for await (const violation of verifyStore(server.context)) assert.fail(JSON.stringify({ commits, violation }));
    await admin(server, 'Import', request);
    const there = JSON.parse(documentIn(await admin(server, 'Export', { Tenant: id })));
    const [bucket] = exported.tenants[0].buckets;
    assert.deepEqual(there.tenants[0].buckets, [bucket]);
    const again = thingsIn(await admin(server, 'Import', request));
    assert.deepEqual(
      again.filter((thing) => !thing.startsWith('leave')),
      [],
    );
    assert.ok(again.includes('leave user alice') && again.includes(`leave bucket of-to-${commits}`));
    if (status === 200) break;
    cuts++;
  }
  assert.ok(cuts >= 5, `it was cut off ${cuts} times`);
  assert.equal(server.errors.length, cuts);
});
