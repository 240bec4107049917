import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Grant, Resource } from '../../src/domain/grant.ts';
import type { Operation } from '../../src/s3/operation.ts';
import { operations } from '../../src/s3/operations/index.ts';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { type StoredState, storedState } from '../hostile/stored-state.ts';
import { type RawRequest, type RawResponse, sendRaw, sendSigned } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { requestHeadOf } from '../signing/request-head-of.ts';
import { signV4 } from '../signing/sign-v4.ts';
import {
  documentedPermissions,
  formBody,
  operationsWithoutRequest,
  type Place,
  policyText,
  requestOf,
  takesVersionId,
  versionAction,
} from './request-of-operation.ts';

let server: TestServer;
let ownerId: string;
let strangerId: string;
let stranger: AccessKeyPair;
before(async () => {
  server = await startS3Server();
  ownerId = (await server.identity.resolveAccount('root')).accountId;
  strangerId = (await server.identity.createAccount({ name: 'stranger' })).accountId;
  stranger = await server.identity.createAccessKey({ account: 'stranger' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

test('there is a request for every operation', () => {
  assert.deepEqual(operationsWithoutRequest(operations), []);
});

async function succeeds(request: RawRequest): Promise<RawResponse> {
  const response = await sendRaw(server, request);
  assert.ok(response.status < 300, `${request.method} ${request.path}: ${response.status} ${response.text}`);
  return response;
}

const setPolicy = (bucket: string, statements: readonly object[]) =>
  succeeds({
    method: 'PUT',
    path: `/${bucket}`,
    query: [['policy', '']],
    body: Buffer.from(policyText(statements)),
  });

const removePolicy = (bucket: string) => succeeds({ method: 'DELETE', path: `/${bucket}`, query: [['policy', '']] });

let places = 0;

/** A bucket of the owner's, private, with versions, an object and an upload that somebody has begun. */
async function makePlace(uploader: AccessKeyPair): Promise<Place> {
  const bucket = `gated-${++places}`;
  const key = 'a/key';
  await succeeds({ method: 'PUT', path: `/${bucket}` });
  const versioning = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await succeeds({ method: 'PUT', path: `/${bucket}`, query: [['versioning', '']], body: Buffer.from(versioning) });
  const put = await succeeds({
    method: 'PUT',
    path: `/${bucket}/${key}`,
    // Of a class that can be restored.
    headers: { 'x-amz-storage-class': 'GLACIER' },
    body: Buffer.from('secret'),
  });
  await setPolicy(bucket, [
    { Effect: 'Allow', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${bucket}/*` },
  ]);
  const begun = await succeeds({
    method: 'POST',
    path: `/${bucket}/${key}`,
    query: [['uploads', '']],
    credentials: uploader,
  });
  await removePolicy(bucket);
  const uploadId = /<UploadId>([^<]+)</.exec(begun.text)![1]!;
  return { bucket, key, versionId: put.headers['x-amz-version-id']!, uploadId, accountId: ownerId };
}

interface Case {
  readonly operation: Operation;
  /** Of a version that the request names by its id. */
  readonly named: boolean;
}

const cases: readonly Case[] = operations.flatMap((operation) => [
  { operation, named: false },
  ...(takesVersionId(operation) || operation.route.headers?.includes('x-amz-copy-source')
    ? [{ operation, named: true }]
    : []),
]);

/** Sends an operation's request as somebody, or as nobody. */
function send({ operation, named }: Case, place: Place, credentials: AccessKeyPair | undefined): Promise<RawResponse> {
  const request = { host: server.host, date: new Date(), ...requestOf(operation, place, { named }) };
  if (operation.body.kind === 'form') {
    const { contentType, body } = formBody(place, credentials);
    const headers = { host: server.host, 'content-type': contentType, 'content-length': String(body.length) };
    return sendSigned(server, { method: 'POST', host: server.host, target: request.path, headers, body });
  }
  if (credentials) return sendSigned(server, signV4({ ...request, credentials }));
  const signed = signV4({ ...request, credentials: server.root });
  const { authorization: _, 'x-amz-date': __, 'x-amz-content-sha256': ___, ...headers } = signed.headers;
  return sendSigned(server, { ...signed, headers });
}

/** What the operation itself declares to need; of objects that its body names, the right for the one that it names. */
function grantsOf({ operation, named }: Case, place: Place): readonly Grant[] {
  const request = {
    host: server.host,
    date: new Date(),
    credentials: server.root,
    ...requestOf(operation, place, { named }),
  };
  const head = requestHeadOf(signV4(request));
  const isForm = operation.body.kind === 'form';
  return operation.prepare(isForm ? { ...head, address: { ...head.address, key: place.key } } : head).grants;
}

/** The right for an object that only the body names is told with its action for the newest version. */
const isToCome = ({ kind }: Resource) => kind === 'objects-to-come';

function statement(effect: 'Allow' | 'Deny', accountId: string, { action, resource }: Grant): object {
  assert.ok('bucket' in resource, action);
  const bucket = `arn:aws:s3:::${resource.bucket}`;
  const objects = resource.kind === 'object' ? `${bucket}/${resource.key}` : `${bucket}/*`;
  // Which of the two actions on an object, or on a version, is asked for is known when the body is.
  const Action = isToCome(resource) ? [action, versionAction(action)] : action;
  return {
    Effect: effect,
    Principal: { AWS: accountId },
    Action,
    Resource: resource.kind === 'bucket' ? bucket : objects,
  };
}

/** Refused as a whole, or object by object where an operation names several. */
function assertRefused({ operation }: Case, response: RawResponse): void {
  if (operation.name === 'DeleteObjects') {
    assert.equal(response.status, 200);
    assert.match(response.text, /<Error><Key>a\/key<\/Key>(<VersionId\/>)?<Code>AccessDenied</);
    assert.doesNotMatch(response.text, /<Deleted>/);
    return;
  }
  assert.equal(response.status, 403, `${operation.name} ${response.text}`);
  if (operation.route.method !== 'HEAD') assert.match(response.text, /<Code>AccessDenied</);
  assert.doesNotMatch(response.text, /secret/);
}

function assertLetThrough({ operation }: Case, response: RawResponse): void {
  assert.ok(response.status !== 403 && response.status < 500, `${operation.name} ${response.status} ${response.text}`);
  assert.doesNotMatch(response.text, /AccessDenied/);
}

async function unchanged(place: Place, use: () => Promise<void>): Promise<void> {
  const before: StoredState = await storedState(server, place.bucket);
  await use();
  assert.deepEqual(await storedState(server, place.bucket), before, 'a refused request changed something');
}

/** What is about no bucket that is there: no bucket's policy has a say, and each account has the right for itself. */
const ofAccounts = new Set([
  'ListenNotification',
  'CreateBucket',
  'ListBuckets',
  'DeleteAccountPublicAccessBlock',
  'GetAccountPublicAccessBlock',
  'PutAccountPublicAccessBlock',
]);
/** Operations that take a grant, and the bucket's owner too: a list of its keys goes wherever they say. */
const byOwnersAlone: ReadonlySet<string> = new Set(['PutBucketInventoryConfiguration']);
/** S3 lets nobody shut a bucket's owner out of these for good, and nobody else in. */
const ofTheOwner = new Set(['DeleteBucketPolicy', 'GetBucketPolicy', 'PutBucketPolicy']);

for (const one of cases) {
  const { operation } = one;
  const name = `${operation.name}${one.named ? ' of a version' : ''}`;

  test(`${name} answers nobody without a signature, and no stranger`, async () => {
    const place = await makePlace(server.root);
    await unchanged(place, async () => {
      assertRefused(one, await send(one, place, undefined));
      if (operation.name === 'CreateBucket') {
        const taken = await send(one, place, stranger);
        assert.match(taken.text, /<Code>BucketAlreadyExists</);
      } else if (operation.name === 'ListBuckets' || operation.name === 'ListenNotification') {
        const own = await send(one, place, stranger);
        assert.equal(own.status, 200);
        assert.doesNotMatch(own.text, /<Bucket>|bucket/);
      } else assertRefused(one, await send(one, place, stranger));
    });
  });

  test(`${name} declares what AWS documents`, async () => {
    const place = { bucket: 'bucket', key: 'a/key', versionId: 'v', uploadId: 'u', accountId: ownerId };
    const declared = grantsOf(one, place);
    assert.deepEqual(
      declared.map(({ action, resource }) => (one.named && isToCome(resource) ? versionAction(action) : action)).sort(),
      documentedPermissions(operation, one).toSorted(),
    );
  });

  if (ofAccounts.has(operation.name)) continue;

  test(`${name} is granted by exactly what it declares`, async () => {
    const place = await makePlace(stranger);
    const grants = grantsOf(one, place);
    for (const missing of grants.length > 1 ? grants : []) {
      const others = grants.filter((grant) => grant !== missing);
      await setPolicy(
        place.bucket,
        others.map((grant) => statement('Allow', strangerId, grant)),
      );
      await unchanged(place, async () => assertRefused(one, await send(one, place, stranger)));
    }
    await setPolicy(
      place.bucket,
      grants.map((grant) => statement('Allow', strangerId, grant)),
    );
    assertRefused(one, await send(one, place, undefined));
    const response = await send(one, place, stranger);
    if (ofTheOwner.has(operation.name)) assert.equal(response.status, 405);
    else if (byOwnersAlone.has(operation.name)) assertRefused(one, response);
    else assertLetThrough(one, response);
  });

  test(`${name} is refused to the bucket's owner by an explicit Deny`, async () => {
    const place = await makePlace(server.root);
    for (const grant of grantsOf(one, place)) {
      await setPolicy(place.bucket, [
        {
          Effect: 'Allow',
          Principal: '*',
          Action: 's3:*',
          Resource: [`arn:aws:s3:::${place.bucket}`, `arn:aws:s3:::${place.bucket}/*`],
        },
        statement('Deny', ownerId, grant),
      ]);
      if (ofTheOwner.has(operation.name)) assertLetThrough(one, await send(one, place, server.root));
      else await unchanged(place, async () => assertRefused(one, await send(one, place, server.root)));
    }
  });
}
