import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Calls, callsOf, elementsOf } from '../identity/identity-calls.ts';
import { documentOf } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let call: Calls;
before(async () => {
  server = await startS3Server();
  call = callsOf(server);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const document = documentOf([{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]);
const UserName = 'paged';

interface Walk {
  readonly list: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The element that names what is listed. */
  readonly element: string;
  readonly remove: (name: string) => Promise<unknown>;
}

/** As tools empty something: page by page, taking away what each page has before the next is asked for. */
async function removeWhilePaging({ list, parameters, element, remove }: Walk): Promise<readonly string[]> {
  const seen: string[] = [];
  let marker: string | undefined;
  do {
    const more: Record<string, string> = marker === undefined ? {} : { Marker: marker };
    const page = await call.ok(list, { ...parameters, MaxItems: '1', ...more });
    for (const name of elementsOf(page, element)) {
      seen.push(name);
      await remove(name);
    }
    marker = elementOf(page, 'Marker');
  } while (marker !== undefined);
  assert.deepEqual(elementsOf(await call.ok(list, parameters), element), []);
  return seen;
}

test('attached policies are detached page by page, in the order of their ARNs', async () => {
  await call.ok('CreateUser', { UserName });
  for (const name of ['S3ReadAccess', 'AdministratorAccess', 'IAMReadAccess']) {
    await call.ok('AttachUserPolicy', { UserName, PolicyArn: `arn:aws:iam::aws:policy/${name}` });
  }
  const seen = await removeWhilePaging({
    ...{ list: 'ListAttachedUserPolicies', parameters: { UserName }, element: 'PolicyArn' },
    remove: (PolicyArn) => call.ok('DetachUserPolicy', { UserName, PolicyArn }),
  });
  assert.equal(seen.length, 3);
  assert.deepEqual(seen, seen.toSorted());
});

test('inline policies, access keys, groups and tags are taken away page by page', async () => {
  const user = 'emptied';
  await call.ok('CreateUser', { UserName: user });
  for (const name of ['c', 'a', 'b']) {
    await call.ok('PutUserPolicy', { UserName: user, PolicyName: name, PolicyDocument: document });
    await call.ok('CreateGroup', { GroupName: name });
    await call.ok('AddUserToGroup', { GroupName: name, UserName: user });
    await call.ok('TagUser', { UserName: user, 'Tags.member.1.Key': name, 'Tags.member.1.Value': '' });
  }
  await call.ok('CreateAccessKey', { UserName: user });
  await call.ok('CreateAccessKey', { UserName: user });
  const parameters = { UserName: user };
  const inline = await removeWhilePaging({
    ...{ list: 'ListUserPolicies', parameters, element: 'member' },
    remove: (PolicyName) => call.ok('DeleteUserPolicy', { ...parameters, PolicyName }),
  });
  const groups = await removeWhilePaging({
    ...{ list: 'ListGroupsForUser', parameters, element: 'GroupName' },
    remove: (GroupName) => call.ok('RemoveUserFromGroup', { ...parameters, GroupName }),
  });
  const tags = await removeWhilePaging({
    ...{ list: 'ListUserTags', parameters, element: 'Key' },
    remove: (key) => call.ok('UntagUser', { ...parameters, 'TagKeys.member.1': key }),
  });
  const keys = await removeWhilePaging({
    ...{ list: 'ListAccessKeys', parameters, element: 'AccessKeyId' },
    remove: (AccessKeyId) => call.ok('DeleteAccessKey', { ...parameters, AccessKeyId }),
  });
  for (const seen of [inline, groups, tags]) assert.deepEqual(seen, ['a', 'b', 'c']);
  assert.equal(keys.length, 2);
  await call.ok('DeleteUser', parameters);
});

test('versions of a policy come newest first, and go page by page', async () => {
  const made = await call.ok('CreatePolicy', { PolicyName: 'versioned', PolicyDocument: document });
  const PolicyArn = elementOf(made, 'Arn')!;
  // By text the twelfth is before the ninth.
  for (let i = 2; i <= 12; i++) {
    await call.ok('CreatePolicyVersion', { PolicyArn, PolicyDocument: document, SetAsDefault: String(i === 12) });
    if (i < 9) await call.ok('DeletePolicyVersion', { PolicyArn, VersionId: `v${i}` });
  }
  const seen: string[] = [];
  let marker: string | undefined;
  do {
    const more: Record<string, string> = marker === undefined ? {} : { Marker: marker };
    const page = await call.ok('ListPolicyVersions', { PolicyArn, MaxItems: '1', ...more });
    for (const VersionId of elementsOf(page, 'VersionId')) {
      seen.push(VersionId);
      if (VersionId !== 'v12') await call.ok('DeletePolicyVersion', { PolicyArn, VersionId });
    }
    marker = elementOf(page, 'Marker');
  } while (marker !== undefined);
  assert.deepEqual(seen, ['v12', 'v11', 'v10', 'v9', 'v1']);
  await call.ok('DeletePolicy', { PolicyArn });
});
