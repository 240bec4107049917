import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { putBucket, refused } from '../refusals/refused-server.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let foreignRoot: AccessKeyPair;
before(async () => {
  server = await startS3Server({ keepsRefusals: true });
  await server.identity.createAccount({ name: 'foreign' });
  foreignRoot = await server.identity.createAccessKey({ account: 'foreign' });
  await putBucket(server, 'bucket');
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const listing = (parameters: Record<string, string> = {}, credentials: AccessKeyPair = server.root) =>
  sendQuery(server, { service: 'cairn', parameters: { Action: 'ListRefusals', ...parameters }, credentials });
const idsIn = (text: string) => [...text.matchAll(/<member><RequestId>(\w+)</g)].map(([, id]) => id);

test('refusals come newest first, page by page, each to the accounts that it concerns', async () => {
  const { keys } = await makeUser(server, { name: 'refused' });
  const { keys: foreign } = await makeUser(server, { name: 'refused', account: 'foreign' });
  const ids: string[] = [];
  for (const credentials of [keys, foreign, keys, foreign, keys]) {
    ids.push((await refused(server, { method: 'GET', path: '/bucket/key', credentials })).id);
  }
  const newestFirst = ids.toReversed();
  assert.deepEqual(idsIn((await listing()).text).toSorted(), newestFirst.toSorted());
  assert.deepEqual(idsIn((await listing({}, foreignRoot)).text).toSorted(), [ids[1], ids[3]].toSorted());
  const found: (string | undefined)[] = [];
  for (let Marker: string | undefined; ; ) {
    const page = await listing({ MaxItems: '2', ...(Marker === undefined ? {} : { Marker }) });
    assert.equal(page.status, 200, page.text);
    const onPage = idsIn(page.text);
    assert.ok(onPage.length <= 2);
    found.push(...onPage);
    Marker = elementOf(page, 'Marker');
    assert.equal(elementOf(page, 'IsTruncated'), String(Marker !== undefined));
    if (Marker === undefined) break;
  }
  assert.deepEqual(found, idsIn((await listing()).text));
});

test('markers that no answer gave are refused', async () => {
  for (const Marker of ['x', 'AAAA', 'a'.repeat(40)]) {
    const response = await listing({ Marker });
    assert.deepEqual([response.status, elementOf(response, 'Code')], [400, 'ValidationError']);
  }
});

test('another tenant’s list is for the system account alone', async () => {
  const { accountId } = await server.identity.resolveAccount('root');
  const { accountId: foreignId } = await server.identity.resolveAccount('foreign');
  assert.equal((await listing({ Tenant: accountId }, foreignRoot)).status, 403);
  const asked = await listing({ Tenant: foreignId });
  assert.equal(asked.status, 200, asked.text);
  assert.deepEqual(idsIn(asked.text), idsIn((await listing({}, foreignRoot)).text));
});
