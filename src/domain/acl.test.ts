import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Acl,
  type AclEntry,
  type AclGroup,
  type AclPermission,
  aclAllows,
  aclPermissions,
  cannedAcls,
  expandCannedAcl,
  groupUris,
  isPublicAcl,
  isShared,
  isUsualAcl,
} from './acl.ts';

const owner = { canonicalId: 'owner' };
const bucketOwner = { canonicalId: 'bucket-owner' };
const account = (id: string, permission: AclPermission): AclEntry => ({ grantee: { kind: 'account', id }, permission });
const group = (name: AclGroup, permission: AclPermission): AclEntry => ({
  grantee: { kind: 'group', group: name },
  permission,
});
const full = account('owner', 'FULL_CONTROL');

/** Entries in an order of their own: theirs means nothing. */
const sorted = (acl: Acl) => acl.map((entry) => JSON.stringify(entry)).sort();

test('canned names stand for the lists that S3 documents', () => {
  const expected = {
    private: [full],
    'public-read': [full, group('AllUsers', 'READ')],
    'public-read-write': [full, group('AllUsers', 'READ'), group('AllUsers', 'WRITE')],
    'authenticated-read': [full, group('AuthenticatedUsers', 'READ')],
    'aws-exec-read': [full],
    'bucket-owner-read': [full, account('bucket-owner', 'READ')],
    'bucket-owner-full-control': [full, account('bucket-owner', 'FULL_CONTROL')],
    'log-delivery-write': [full],
  } as const;
  assert.deepEqual(Object.keys(expected).sort(), [...cannedAcls].sort());
  for (const name of cannedAcls) {
    assert.deepEqual(sorted(expandCannedAcl(name, owner, bucketOwner)), sorted(expected[name]), name);
  }
});

test('what speaks of the bucket owner adds nothing where that is the owner, nor to the ACL of a bucket', () => {
  for (const name of ['bucket-owner-read', 'bucket-owner-full-control'] as const) {
    assert.deepEqual(expandCannedAcl(name, owner, owner), [full]);
    assert.deepEqual(expandCannedAcl(name, owner, undefined), [full]);
  }
});

test('only a bucket can be opened to the delivery of logs', () => {
  assert.deepEqual(
    sorted(expandCannedAcl('log-delivery-write', owner, undefined)),
    sorted([full, group('LogDelivery', 'WRITE'), group('LogDelivery', 'READ_ACP')]),
  );
});

const permission = fc.constantFrom(...aclPermissions);
const asker = fc.constantFrom('owner', 'friend', 'stranger', undefined);
const entry = fc.oneof(
  fc.tuple(fc.constantFrom('owner', 'friend'), permission).map(([id, given]) => account(id, given)),
  fc
    .tuple(fc.constantFrom(...(Object.keys(groupUris) as AclGroup[])), permission)
    .map(([name, given]) => group(name, given)),
);
const acl = fc.array(entry, { maxLength: 4 });
const question = fc.record({
  acl: fc.option(acl, { nil: undefined }),
  ownerId: fc.constant('owner'),
  askerId: asker,
  permission,
  ignorePublic: fc.boolean(),
});

test('without a list the owner may do everything, and others nothing', () => {
  for (const asked of aclPermissions) {
    for (const askerId of ['owner', 'stranger', undefined]) {
      const answer = aclAllows({ acl: undefined, ownerId: 'owner', askerId, permission: asked, ignorePublic: false });
      assert.equal(answer, askerId === 'owner');
    }
  }
});

test('the owner reads and writes the list, whatever it says', () => {
  fc.assert(
    fc.property(question, fc.constantFrom('READ_ACP', 'WRITE_ACP'), (asked, given) =>
      aclAllows({ ...asked, askerId: 'owner', permission: given }),
    ),
  );
});

test('everybody else has exactly what the entries give that name them or a group of theirs', () => {
  fc.assert(
    fc.property(question, acl, (asked, list) => {
      fc.pre(asked.askerId !== 'owner');
      const expected = list.some(({ grantee, permission: given }) => {
        if (given !== asked.permission && given !== 'FULL_CONTROL') return false;
        if (grantee.kind === 'account') return grantee.id === asked.askerId;
        if (asked.ignorePublic || grantee.group === 'LogDelivery') return false;
        return grantee.group === 'AllUsers' || asked.askerId !== undefined;
      });
      assert.equal(aclAllows({ ...asked, acl: list }), expected);
    }),
    { numRuns: 1000 },
  );
});

test('one more entry takes nothing away, and ignoring public ones gives nothing', () => {
  fc.assert(
    fc.property(question, acl, entry, (asked, list, more) => {
      const allowed = aclAllows({ ...asked, acl: list });
      if (allowed) assert.ok(aclAllows({ ...asked, acl: [...list, more] }));
      if (!aclAllows({ ...asked, acl: list, ignorePublic: false })) {
        assert.ok(!aclAllows({ ...asked, acl: list, ignorePublic: true }));
      }
    }),
    { numRuns: 1000 },
  );
});

test('a list is public that names everyone, or everyone with an account', () => {
  assert.ok(!isPublicAcl(undefined));
  for (const name of cannedAcls) {
    const isPublic = ['public-read', 'public-read-write', 'authenticated-read'].includes(name);
    assert.equal(isPublicAcl(expandCannedAcl(name, owner, undefined)), isPublic, name);
  }
  assert.ok(isPublicAcl([full, group('AllUsers', 'READ_ACP')]));
});

test('the usual list is full control for the owner alone; one without it is not shared either', () => {
  assert.ok(isUsualAcl([full], owner));
  for (const other of [[], [full, full], [account('owner', 'READ')], [account('friend', 'FULL_CONTROL')]]) {
    assert.ok(!isUsualAcl(other, owner));
  }
  for (const own of [undefined, [], [full], [account('owner', 'READ')]]) assert.ok(!isShared(own, 'owner'));
  for (const given of [account('friend', 'READ'), group('LogDelivery', 'WRITE')]) {
    assert.ok(isShared([full, given], 'owner'));
  }
});
