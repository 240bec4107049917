import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { seededRandom, startS3Server } from '../s3-server.ts';
import { admin, askAdmin, documentIn, makeTenant, thingsIn } from './send-admin.ts';

const Passphrase = 'a passphrase';

test('imports at once, and with the deletion of their tenant, leave a sound store', async () => {
  const metadata = memoryMetadataEngine({ lateAnswers: true, conflictRate: 0.1, random: seededRandom('at once') });
  await using server = await startS3Server({ engines: { metadata } });
  const from = await makeTenant(server, 'from');
  const { accountId } = await server.identity.resolveAccount('from');
  await server.identities.groups.create(accountId, { name: 'staff', path: '/' });
  const policy = { accountId, name: 'own', path: '/', description: '', tags: [] };
  await server.identities.policies.create({
    ...policy,
    text: documentOf([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]),
  });
  const attached = [`arn:aws:iam::${accountId}:policy/own`];
  for (const name of ['one', 'two', 'three']) {
    await makeUser(server, { name, account: 'from', attached });
    await server.identities.groups.addUser(accountId, { group: 'staff', user: name });
  }
  await server.identities.accountSettings.setAlias(accountId, 'of-from');
  await sendRaw(server, { method: 'PUT', path: '/of-from', credentials: from.keys });
  const exported = documentIn(await admin(server, 'Export', { Tenant: from.id, Passphrase }));
  const document = JSON.parse(exported);
  for (const { accessKeys } of document.tenants[0].users) {
    for (const { accessKeyId } of accessKeys) await server.identity.deleteAccessKey(accessKeyId);
  }
  delete document.tenants[0].rootAccessKeys;
  delete document.tenants[0].alias;
  for (let round = 0; round < 6; round++) {
    const { id } = await makeTenant(server, `to-${round}`);
    document.tenants[0].buckets[0].name = `of-to-${round}`;
    const parameters = { Tenant: id, Document: JSON.stringify(document), Passphrase, Mode: 'replace' };
    const isDeleted = round % 2 === 1;
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => askAdmin(server, 'Import', parameters)),
      ...(isDeleted ? [askAdmin(server, 'DeleteTenant', { Tenant: id })] : []),
    ]);
    for (const { status, text } of answers) assert.ok(status < 500, text);
    for await (const violation of verifyStore(server.context)) assert.fail(JSON.stringify({ round, violation }));
    if (isDeleted) continue;
    await askAdmin(server, 'Import', parameters);
    const things = thingsIn(await admin(server, 'Import', parameters));
    assert.deepEqual(
      things.filter((thing) => !thing.startsWith('leave')),
      [],
    );
    for (const { accessKeys } of document.tenants[0].users) {
      for (const { accessKeyId } of accessKeys) await server.identity.deleteAccessKey(accessKeyId);
    }
  }
  assert.deepEqual(server.errors, []);
});
