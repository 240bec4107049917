import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { writeTransferDocument } from '../../src/services/identity-transfer/transfer-document.ts';
import { admin, askAdmin, documentIn, type MadeTenant, makeTenant, thingsIn } from '../admin/send-admin.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess';
const reader = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
type Statement = Readonly<Record<string, unknown>>;
const may = (Action: string | readonly string[], Resource: string = '*', Condition?: object): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});
const deny = (Action: string, Resource: string = '*', Condition?: object): Statement => ({
  ...may(Action, Resource, Condition),
  Effect: 'Deny',
});

interface UserEntry {
  readonly name: string;
  readonly path: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly boundary?: string;
  readonly attached: readonly string[];
  readonly inline: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
}
const bare = { path: '/', tags: [], attached: [], inline: {}, groups: [] };
const userEntry = (name: string, more: Partial<UserEntry> = {}): UserEntry => ({ name, ...bare, ...more });

function documentWith(accountId: string, more: object): string {
  const nothing = { policies: [], groups: [], users: [], roles: [], oidcProviders: [], buckets: [] };
  const tenant = { accountId, name: 'x', canonicalId: 'c', email: '', ...nothing, ...more };
  return JSON.stringify({ format: 'cairn-export', version: 1, tenants: [tenant] });
}

/** A tenant, and one of its users who may import and has these rights beside. */
async function tenantWith(
  name: string,
  statements: readonly Statement[],
): Promise<MadeTenant & { readonly caller: AccessKeyPair }> {
  const tenant = await makeTenant(server, name);
  const policies = [[may('cairn:Import'), ...statements]];
  const { keys: caller } = await makeUser(server, { name: 'caller', account: name, policies });
  return { ...tenant, caller };
}

const users = async (accountId: string): Promise<readonly string[]> => {
  const page = await server.identities.users.list(accountId, { after: undefined, limit: 100, pathPrefix: '/' });
  return page.entities.map(({ name }) => name);
};

test('the right to import is no right to anything else, and one thing that is refused refuses all', async () => {
  const { id, caller } = await tenantWith('only-import', [may('iam:CreateUser')]);
  const withRights = documentWith(id, { users: [userEntry('a'), userEntry('b', { attached: [administrator] })] });
  const refused = await askAdmin(server, 'Import', { Document: withRights }, { credentials: caller });
  assert.equal(refused.code, 'AccessDenied');
  assert.match(refused.text, /iam:AttachUserPolicy/);
  assert.deepEqual(await users(id), ['caller']);
  const dry = await admin(server, 'Import', { Document: withRights, DryRun: 'true' }, { credentials: caller });
  assert.deepEqual(thingsIn(dry), ['create user a', 'refuse user b']);
  await admin(server, 'Import', { Document: documentWith(id, { users: [userEntry('a')] }) }, { credentials: caller });
  assert.deepEqual(await users(id), ['a', 'caller']);
});

test('conditions on boundaries, policies and tags count as they do for single calls', async () => {
  const bounded = { StringEquals: { 'iam:PermissionsBoundary': reader } };
  const { id, caller } = await tenantWith('conditions', [
    may(['iam:CreateUser', 'iam:AttachUserPolicy', 'iam:PutUserPermissionsBoundary'], '*', bounded),
    may('iam:TagUser'),
    deny('iam:AttachUserPolicy', '*', { StringEquals: { 'aws:ResourceTag/kept': 'yes' } }),
  ]);
  const send = async (user: UserEntry) =>
    (await askAdmin(server, 'Import', { Document: documentWith(id, { users: [user] }) }, { credentials: caller })).code;
  assert.equal(await send(userEntry('a', { attached: [administrator] })), 'AccessDenied');
  assert.equal(await send(userEntry('b', { attached: [administrator], boundary: administrator })), 'AccessDenied');
  assert.equal(await send(userEntry('c', { attached: [administrator], boundary: reader })), 'OK');
  const tags = [{ key: 'Kept', value: 'yes' }];
  assert.equal(await send(userEntry('d', { attached: [administrator], boundary: reader, tags })), 'AccessDenied');
});

test('what a policy forbids for users with a tag no document brings them, whether or not it says so', async () => {
  const kept = { StringEquals: { 'aws:ResourceTag/kept': 'yes' } };
  const policies = [
    [
      may(['cairn:*', 'iam:*']),
      ...['iam:CreateAccessKey', 'cairn:CreateServiceAccount', 'iam:CreateLoginProfile'].map((action) =>
        deny(action, '*', kept),
      ),
      deny('iam:AddClientIDToOpenIDConnectProvider', '*', kept),
    ],
  ];
  const { id, keys } = await makeTenant(server, 'kept');
  const tags = [{ key: 'kept', value: 'yes' }];
  await server.identities.users.create({ accountId: id, name: 'boss', path: '/', tags });
  const provider = { url: 'id.example.com', clientIds: ['one'], thumbprints: ['a'.repeat(40)], tags };
  await admin(server, 'Import', { Document: documentWith(id, { oidcProviders: [provider] }) }, { credentials: keys });
  const { user } = await makeUser(server, { name: 'old', account: 'kept', policies });
  const serviceAccount = { name: 's', description: '' };
  await server.identities.serviceAccounts.create({ accountId: id, user }, serviceAccount);
  await server.identities.passwords.create(user, { password: 'pass-word-1', resetRequired: false });
  const Passphrase = 'a passphrase';
  const exported = await admin(server, 'Export', { Passphrase }, { credentials: keys });
  const document = JSON.parse(documentIn(exported));
  const find = (name: string) => document.tenants[0].users.find((each: UserEntry) => each.name === name);
  const sealed = find('old').accessKeys;
  assert.equal(sealed.length, 2);
  for (const { accessKeyId } of sealed) await server.identity.deleteAccessKey(accessKeyId);
  const { keys: caller } = await makeUser(server, { name: 'caller', account: 'kept', policies });
  for (const [i, key] of sealed.entries()) {
    for (const claimed of [tags, []]) {
      const users = [{ ...find('boss'), tags: claimed, accessKeys: [key] }];
      const Document = JSON.stringify({ ...document, tenants: [{ ...document.tenants[0], users }] });
      const parameters = { Document, Passphrase, Mode: 'skip' };
      const answer = await askAdmin(server, 'Import', parameters, { credentials: caller });
      assert.match(answer.text, /iam:CreateAccessKey|cairn:CreateServiceAccount/, `${i} ${answer.text}`);
      assert.equal(answer.code, 'AccessDenied');
    }
  }
  const more = { ...provider, clientIds: ['one', 'two'] };
  const parameters = { Document: documentWith(id, { oidcProviders: [more] }), Mode: 'replace' };
  const widened = await askAdmin(server, 'Import', parameters, { credentials: caller });
  assert.equal(widened.code, 'AccessDenied');
  assert.match(widened.text, /iam:AddClientIDToOpenIDConnectProvider/);
});

test('who is left as he is has the path that he has, whatever a document says', async () => {
  const { id, keys } = await makeTenant(server, 'paths');
  await server.identities.users.create({ accountId: id, name: 'boss', path: '/admins/', tags: [] });
  await server.identities.groups.create(id, { name: 'chiefs', path: '/admins/' });
  const policies = [
    [may('cairn:*'), may('iam:*', `arn:aws:iam::${id}:user/devs/*`), may('iam:*', `arn:aws:iam::${id}:group/devs/*`)],
  ];
  const { keys: caller } = await makeUser(server, { name: 'caller', account: 'paths', policies });
  const Passphrase = 'a passphrase';
  const exported = await admin(server, 'Export', { Passphrase }, { credentials: keys });
  const document = JSON.parse(documentIn(exported));
  const boss = document.tenants[0].users.find(({ name }: UserEntry) => name === 'boss');
  const own = document.tenants[0].users.find(({ name }: UserEntry) => name === 'caller');
  // A key that is sealed in the document already, given to somebody else; its old owner's is deleted.
  await server.identity.deleteAccessKey(own.accessKeys[0].accessKeyId);
  const { keys: again } = await makeUser(server, { name: 'again', account: 'paths', policies });
  document.tenants[0].users = [{ ...boss, path: '/devs/', accessKeys: own.accessKeys }];
  document.tenants[0].groups = [];
  const Document = writeTransferDocument(document);
  assert.ok(caller);
  for (const Mode of ['skip', 'fail', 'replace']) {
    const answer = await askAdmin(server, 'Import', { Document, Passphrase, Mode }, { credentials: again });
    assert.notEqual(answer.code, 'OK', Mode);
  }
  const joining = documentWith(id, {
    groups: [{ name: 'chiefs', path: '/devs/', attached: [], inline: {} }],
    users: [userEntry('dev', { path: '/devs/', groups: ['chiefs'] })],
  });
  for (const Mode of ['skip', 'fail', 'replace']) {
    const answer = await askAdmin(server, 'Import', { Document: joining, Mode }, { credentials: again });
    assert.notEqual(answer.code, 'OK', Mode);
  }
  assert.equal(await server.identity.findCredential(own.accessKeys[0].accessKeyId), undefined);
});

test('nobody imports into another tenant but who administers the installation', async () => {
  const one = await makeTenant(server, 'inner');
  const other = await makeTenant(server, 'outer');
  const Document = documentWith(one.id, { users: [userEntry('planted', { attached: [administrator] })] });
  const scopes: readonly Readonly<Record<string, string>>[] = [
    { Tenant: one.id },
    { Tenant: 'inner' },
    { Tenant: 'root' },
    { Installation: 'true' },
  ];
  for (const scope of scopes) {
    for (const Action of ['Import', 'Export']) {
      const parameters = { ...scope, ...(Action === 'Import' ? { Document } : {}) };
      const answer = await askAdmin(server, Action, parameters, { credentials: other.keys });
      assert.equal(answer.code, 'AccessDenied', `${Action} ${JSON.stringify(scope)}`);
    }
  }
  // Whatever number the document has, it is imported where it was asked to be.
  await admin(server, 'Import', { Document }, { credentials: other.keys });
  assert.deepEqual([await users(one.id), await users(other.id)], [[], ['planted']]);
  const { keys: helper } = await makeUser(server, {
    name: 'importer',
    policies: [[may('cairn:Import', `arn:aws:cairn::${one.id}:tenant/${one.id}`)]],
  });
  await admin(server, 'Import', { Document, Tenant: one.id }, { credentials: helper });
  assert.deepEqual(await users(one.id), ['planted']);
  const elsewhere = await askAdmin(server, 'Import', { Document, Tenant: other.id }, { credentials: helper });
  assert.equal(elsewhere.code, 'AccessDenied');
  assert.equal((await askAdmin(server, 'Import', { Document }, { credentials: helper })).code, 'AccessDenied');
});

test('a tenant brings itself no quota, no state, no root keys, and is not the system account', async () => {
  const { id, keys } = await makeTenant(server, 'greedy', { QuotaBytes: '10' });
  const quota = { bytes: 1_000_000 };
  const Document = documentWith(id, { quota, rateLimits: {}, isSystem: true, name: 'root', disabled: true });
  await admin(server, 'Import', { Document, Mode: 'replace' }, { credentials: keys });
  const account = (await server.identity.findAccount(id))!;
  assert.deepEqual([account.quota, account.displayName, account.disabled], [{ bytes: 10 }, 'greedy', undefined]);
  const Passphrase = 'a passphrase';
  const sealed = documentIn(await admin(server, 'Export', { Passphrase }, { credentials: keys }));
  assert.ok(sealed.includes('rootAccessKeys'));
  await admin(server, 'RotateTenantRootKey', { Tenant: id });
  await admin(server, 'DeleteTenantRootKey', { Tenant: id, AccessKeyId: keys.accessKeyId });
  const [root] = await server.identity.rootKeys(id);
  const { secretAccessKey } = (await server.identity.findCredential(root!.accessKeyId))!;
  const credentials = { accessKeyId: root!.accessKeyId, secretAccessKey };
  await admin(server, 'Import', { Document: sealed, Passphrase, Mode: 'replace' }, { credentials });
  assert.equal(await server.identity.findCredential(keys.accessKeyId), undefined);
});

test('an access key that is another’s is refused without a word on whose, and narrowed callers bring none', async () => {
  const Passphrase = 'a passphrase';
  const one = await makeTenant(server, 'has-keys');
  await makeUser(server, { name: 'u', account: 'has-keys' });
  const other = await makeTenant(server, 'wants-keys');
  const Document = documentIn(await admin(server, 'Export', { Passphrase }, { credentials: one.keys }));
  const taken = await askAdmin(server, 'Import', { Document, Passphrase }, { credentials: other.keys });
  assert.match(taken.text, /The access key id is taken/);
  assert.ok(!taken.text.includes(one.id) && !taken.text.includes('has-keys'));
  const [, keyId] = /"accessKeyId": "([^"]+)"/.exec(Document) ?? [];
  await server.identity.deleteAccessKey(keyId!);
  const serviceAccount = { name: 's', description: '', policy: documentOf([may('*')]) };
  const { keys: narrowed } = await makeUser(server, {
    name: 'narrowed',
    account: 'has-keys',
    attached: [administrator],
    serviceAccount,
  });
  const refused = await askAdmin(server, 'Import', { Document, Passphrase, Mode: 'skip' }, { credentials: narrowed });
  assert.match(refused.text, /bring no credentials/);
  await admin(server, 'Import', { Document, Passphrase, Mode: 'skip' }, { credentials: one.keys });
  assert.ok(await server.identity.findCredential(keyId!));
});

test('no key changes hands: not the root’s to a new user, nor from one user to another', async () => {
  const Passphrase = 'a passphrase';
  const { keys } = await makeTenant(server, 'hands');
  await makeUser(server, { name: 'one', account: 'hands' });
  await server.identities.users.create({
    accountId: (await server.identity.resolveAccount('hands')).accountId,
    name: 'two',
    path: '/',
    tags: [],
  });
  const written = documentIn(await admin(server, 'Export', { Passphrase }, { credentials: keys }));
  for (const [name, from] of [
    ['new', 'root'],
    ['two', 'one'],
  ] as const) {
    const document = JSON.parse(written);
    const [tenant] = document.tenants;
    const one = tenant.users.find((user: UserEntry) => user.name === 'one');
    tenant.users = [{ ...userEntry(name), accessKeys: from === 'root' ? tenant.rootAccessKeys : one.accessKeys }];
    delete tenant.rootAccessKeys;
    const parameters = { Document: JSON.stringify(document), Passphrase, Mode: 'replace' };
    const answer = await askAdmin(server, 'Import', parameters, { credentials: keys });
    assert.match(answer.text, /The access key id is taken/);
  }
});

test('buckets are configured by who may, and those of others never', async () => {
  const { id, caller } = await tenantWith('buckets', [may('s3:CreateBucket')]);
  const stranger = await makeTenant(server, 'buckets-stranger');
  await server
    .client({ credentials: stranger.keys })
    .send(new (await import('@aws-sdk/client-s3')).CreateBucketCommand({ Bucket: 'of-stranger' }));
  const open = documentOf([{ ...may('s3:*', 'arn:aws:s3:::of-stranger/*'), Principal: '*' }]);
  const bucket = (name: string, configuration: object) => ({ buckets: [{ name, configuration }] });
  const send = async (more: object) =>
    askAdmin(server, 'Import', { Document: documentWith(id, more), Mode: 'replace' }, { credentials: caller });
  assert.match((await send(bucket('of-stranger', { policy: open }))).text, /The name is taken/);
  const refused = await send(bucket('new-one', { policy: open.replaceAll('of-stranger', 'new-one') }));
  assert.match(refused.text, /s3:PutBucketPolicy/);
  assert.equal(await server.context.metadata.get(Buffer.from('\x20new-one')), undefined);
  assert.equal((await send(bucket('new-one', {}))).code, 'OK');
});

// What follows holds imports against a naive reading of policies: actions and ARNs with stars, and one condition.

interface Rule {
  readonly effect: 'Allow' | 'Deny';
  readonly action: string;
  readonly resource: string;
  readonly boundary?: string;
}

const matches = (pattern: string, value: string) =>
  new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '.*')}$`).test(value);

interface Question {
  readonly action: string;
  readonly arn: string;
  readonly boundary?: string | undefined;
}

function naivelyAllowed(rules: readonly Rule[], { action, arn, boundary }: Question): boolean {
  const applies = (rule: Rule) =>
    matches(rule.action, action) &&
    matches(rule.resource, arn) &&
    (rule.boundary === undefined || rule.boundary === boundary);
  return (
    rules.some((rule) => rule.effect === 'Allow' && applies(rule)) &&
    !rules.some((rule) => rule.effect === 'Deny' && applies(rule))
  );
}

const ruleOf = (accountId: string): fc.Arbitrary<Rule> =>
  fc.record(
    {
      effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Allow' as const, 'Deny' as const),
      action: fc.constantFrom(
        'iam:*',
        'iam:CreateUser',
        'iam:Attach*',
        'iam:Detach*',
        'iam:Put*',
        'iam:*UserPolicy',
        'iam:AddUserToGroup',
        'iam:RemoveUserFromGroup',
        'iam:Update*',
        'iam:*PermissionsBoundary',
      ),
      resource: fc.constantFrom(
        '*',
        `arn:aws:iam::${accountId}:user/*`,
        `arn:aws:iam::${accountId}:user/a/*`,
        `arn:aws:iam::${accountId}:group/*`,
      ),
      boundary: fc.constantFrom(reader, administrator),
    },
    { requiredKeys: ['effect', 'action', 'resource'] },
  );

const inlinePolicies: readonly Readonly<Record<string, string>>[] = [
  {},
  { p: documentOf([may('s3:*')]) },
  { p: documentOf([may('*')]), q: documentOf([may('s3:*')]) },
];

const wantedUser = (name: string): fc.Arbitrary<UserEntry> =>
  fc
    .record({
      path: fc.constantFrom('/a/', '/b/'),
      attached: fc.subarray([administrator, reader]),
      boundary: fc.option(fc.constantFrom(reader, administrator), { nil: undefined }),
      inline: fc.constantFrom<Readonly<Record<string, string>>>(...inlinePolicies),
      groups: fc.subarray(['staff']),
    })
    .map(({ boundary, ...rest }) => ({ name, tags: [], ...rest, ...(boundary === undefined ? {} : { boundary }) }));

/** What somebody had to be allowed who made `after` of `before` call by call. */
function* questions(accountId: string, before: UserEntry | undefined, after: UserEntry): Generator<Question, void> {
  const arn = `arn:aws:iam::${accountId}:user${after.path}${after.name}`;
  const group = `arn:aws:iam::${accountId}:group/staff`;
  const { boundary } = after;
  if (!before) yield { action: 'iam:CreateUser', arn, boundary };
  else {
    if (before.path !== after.path) {
      yield { action: 'iam:UpdateUser', arn };
      yield { action: 'iam:UpdateUser', arn: `arn:aws:iam::${accountId}:user${before.path}${after.name}` };
    }
    if (boundary !== undefined && boundary !== before.boundary) {
      yield { action: 'iam:PutUserPermissionsBoundary', arn, boundary };
    }
    if (boundary === undefined && before.boundary !== undefined) {
      yield { action: 'iam:DeleteUserPermissionsBoundary', arn, boundary: before.boundary };
    }
  }
  const missing = (one: readonly string[] = [], other: readonly string[] = []) => one.filter((x) => !other.includes(x));
  if (missing(after.attached, before?.attached).length > 0) yield { action: 'iam:AttachUserPolicy', arn, boundary };
  if (missing(before?.attached, after.attached).length > 0) yield { action: 'iam:DetachUserPolicy', arn, boundary };
  const isPut = Object.keys(after.inline).some((name) => before?.inline[name] !== after.inline[name]);
  if (isPut) yield { action: 'iam:PutUserPolicy', arn, boundary };
  if (missing(Object.keys(before?.inline ?? {}), Object.keys(after.inline)).length > 0) {
    yield { action: 'iam:DeleteUserPolicy', arn, boundary };
  }
  if (missing(after.groups, before?.groups).length > 0) yield { action: 'iam:AddUserToGroup', arn: group };
  if (missing(before?.groups, after.groups).length > 0) yield { action: 'iam:RemoveUserFromGroup', arn: group };
}

test('no document gives a right that its importer could not have given call by call, and none is refused for less', async () => {
  let run = 0;
  const outcomes = { done: 0, refused: 0 };
  const names = ['u0', 'u1'] as const;
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (draw) => {
      const name = `property-${run++}`;
      const tenant = await makeTenant(server, name);
      const credentials = tenant.keys;
      const there = draw(wantedUser, 'u0');
      const staff = { groups: [{ name: 'staff', path: '/', attached: [], inline: {} }] };
      await admin(
        server,
        'Import',
        { Document: documentWith(tenant.id, { ...staff, users: [there] }) },
        { credentials },
      );
      const everything = { effect: 'Allow', action: 'iam:*', resource: '*' } as const;
      const isGenerous = draw(fc.boolean);
      const drawn = draw(() => fc.array(ruleOf(tenant.id), { minLength: 1, maxLength: 4 }));
      const rules: readonly Rule[] = isGenerous ? [everything, ...drawn] : drawn;
      const statements = rules.map(({ effect, action, resource, boundary }) => ({
        ...may(action, resource, boundary ? { StringEquals: { 'iam:PermissionsBoundary': boundary } } : undefined),
        Effect: effect,
      }));
      const policies = [[may('cairn:Import'), ...statements]];
      const { keys: caller } = await makeUser(server, { name: 'caller', account: name, policies });
      const wanted = names.map((each) => draw(wantedUser, each));
      const Document = documentWith(tenant.id, { users: wanted });
      const exported = async () => {
        const text = documentIn(await admin(server, 'Export', {}, { credentials }));
        return JSON.parse(text).tenants[0].users.filter((user: UserEntry) => user.name !== 'caller') as UserEntry[];
      };
      const before = await exported();
      const answer = await askAdmin(server, 'Import', { Document, Mode: 'replace' }, { credentials: caller });
      const after = await exported();
      const needed = wanted.flatMap((user) => [
        ...questions(
          tenant.id,
          before.find((other) => other.name === user.name),
          user,
        ),
      ]);
      const isAllowed = needed.every((question) => naivelyAllowed(rules, question));
      assert.equal(answer.code, isAllowed ? 'OK' : 'AccessDenied', answer.text);
      outcomes[isAllowed ? 'done' : 'refused']++;
      if (!isAllowed) assert.deepEqual(after, before);
      else
        assert.deepEqual(
          after.map((user) => user.name),
          names,
        );
    }),
    { numRuns: 80, seed: 7 },
  );
  assert.ok(outcomes.done > 5 && outcomes.refused > 5, JSON.stringify(outcomes));
});

test('secrets are exported by a right of their own, those of a root to itself alone, and to nobody who is narrowed', async () => {
  const Passphrase = 'a passphrase';
  const { keys } = await makeTenant(server, 'exported');
  const user = async (
    name: string,
    actions: readonly string[],
    serviceAccount?: { name: string; description: string },
  ) =>
    (
      await makeUser(server, {
        name,
        account: 'exported',
        policies: [[may(actions)]],
        ...(serviceAccount ? { serviceAccount } : {}),
      })
    ).keys;
  const plain = await user('plain', ['cairn:Export']);
  assert.equal((await askAdmin(server, 'Export', {}, { credentials: plain })).code, 'OK');
  assert.equal((await askAdmin(server, 'Export', { Passphrase }, { credentials: plain })).code, 'AccessDenied');
  const trusted = await user('trusted', ['cairn:Export*']);
  const told = await admin(server, 'Export', { Passphrase }, { credentials: trusted });
  const [tenant] = JSON.parse(documentIn(told)).tenants;
  assert.equal(tenant.rootAccessKeys, undefined);
  assert.ok(tenant.users[0].accessKeys.length > 0);
  const narrowed = await user('narrowed', ['cairn:*'], { name: 's', description: '' });
  assert.equal((await askAdmin(server, 'Export', { Passphrase }, { credentials: narrowed })).code, 'AccessDenied');
  const root = JSON.parse(documentIn(await admin(server, 'Export', { Passphrase }, { credentials: keys })));
  assert.ok(root.tenants[0].rootAccessKeys.length > 0);
});
