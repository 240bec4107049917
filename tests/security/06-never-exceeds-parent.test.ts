import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type Grant, onBucket, onObject } from '../../src/domain/grant.ts';
import { uniqueId } from '../../src/domain/identity-arn.ts';
import type { SignedPrincipal } from '../../src/domain/principal.ts';
import { systemRandom } from '../../src/foundation/random.ts';
import type { GroupRecord } from '../../src/records/group-record.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import type { ManagedPolicyRecord } from '../../src/records/managed-policy-record.ts';
import type { RoleRecord } from '../../src/records/role-record.ts';
import { Access } from '../../src/services/authorization/access.ts';
import { principalCondition } from '../../src/services/authorization/principal-conditions.ts';
import { putAccessKey } from '../../src/services/identity/access-key-entries.ts';
import { changeIdentity } from '../../src/services/identity/change-identity.ts';
import { groups, managedPolicies, roles, users } from '../../src/services/identity/entity-table.ts';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import type { Session, SessionSubject } from '../../src/services/identity/sessions/session-tokens.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let accountId: string;
before(async () => {
  server = await startS3Server();
  accountId = (await server.identity.resolveAccount('root')).accountId;
  for (const bucket of ['a', 'b']) await sendRaw(server, { method: 'PUT', path: `/never-${bucket}` });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const random = systemRandom();
const secrets = new SecretBox(Buffer.alloc(32, 7), random);

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string;
  readonly Resource: string;
}

const actions = ['s3:GetObject', 's3:PutObject', 's3:ListBucket'] as const;
const resources = [
  '*',
  'arn:aws:s3:::never-a',
  'arn:aws:s3:::never-a/*',
  'arn:aws:s3:::never-b/*',
  'arn:aws:s3:::never-a/k',
];
const statement: fc.Arbitrary<Statement> = fc.record({
  Effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Allow' as const, 'Deny' as const),
  Action: fc.constantFrom<string>('s3:*', ...actions),
  Resource: fc.constantFrom(...resources),
});
const statements = fc.array(statement, { minLength: 1, maxLength: 3 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });

/** Everything that may stand on a user, on what it has made, and on the bucket that it asks for. */
const world = fc.record({
  inline: fc.array(statements, { maxLength: 2 }),
  ofGroup: maybe(statements),
  boundary: maybe(statements),
  serviceAccount: maybe(statements),
  session: fc.array(statements, { maxLength: 2 }),
  bucketPolicy: maybe(
    fc.array(
      fc
        .tuple(statement, fc.constantFrom('user', 'account', 'everyone', 'other'))
        .map(([{ Effect, Action }, whom]) => ({
          Effect,
          Action,
          whom,
        })),
      { minLength: 1, maxLength: 3 },
    ),
  ),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const grants: readonly Grant[] = [
  onObject('s3:GetObject', 'never-a', 'k'),
  onObject('s3:PutObject', 'never-a', 'k'),
  onObject('s3:GetObject', 'never-a', 'other'),
  onObject('s3:GetObject', 'never-b', 'k'),
  onBucket('s3:ListBucket', 'never-a'),
];

type Effect = 'allow' | 'deny' | 'nothing';
function arnOf({ resource }: Grant): string {
  if (resource.kind === 'object') return `arn:aws:s3:::${resource.bucket}/${resource.key}`;
  return resource.kind === 'bucket' ? `arn:aws:s3:::${resource.bucket}` : '*';
}
/** What policies say, in no hurry. */
function said(policies: readonly (readonly Statement[])[], grant: Grant): Effect {
  const matches = (pattern: string, text: string) =>
    pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
  const applying = policies
    .flat()
    .filter(({ Action, Resource }) => matches(Action, grant.action) && matches(Resource, arnOf(grant)));
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'deny';
  return applying.length > 0 ? 'allow' : 'nothing';
}

interface Limits {
  readonly boundary?: Effect | undefined;
  readonly session?: Effect | undefined;
  readonly serviceAccount?: Effect | undefined;
}

/** AWS's flow chart for one account, beside the product's; a service account's policy limits everything. */
function byTheBook(
  { inline, ofGroup, bucketPolicy }: World,
  grant: Grant,
  { limits, isNamed }: { limits: Limits; isNamed: boolean },
): boolean {
  const own = said([...inline, ...(ofGroup ? [ofGroup] : [])], grant);
  const bucket = 'bucket' in grant.resource && grant.resource.bucket === 'never-a' ? (bucketPolicy ?? []) : [];
  const ofBucket = bucket.filter(
    ({ Action, whom }) => whom !== 'other' && (Action === 's3:*' || Action === grant.action),
  );
  const effects = [own, limits.boundary, limits.session, limits.serviceAccount];
  if (effects.includes('deny') || ofBucket.some(({ Effect }) => Effect === 'Deny')) return false;
  if (limits.serviceAccount === 'nothing') return false;
  const gives = (whom: string) => ofBucket.some((given) => given.whom === whom);
  if (isNamed && gives('user')) return true;
  if (limits.boundary === 'nothing' || limits.session === 'nothing') return false;
  return own === 'allow' || gives('everyone') || (!isNamed && gives('user'));
}

let made = 0;

/** A user with all of it, and the keys and sessions that come from it. */
async function bring(given: World) {
  const name = `u${++made}`;
  const { user, keys } = await makeUser(server, { name, policies: given.inline });
  const { metadata } = server.context;
  const own = { accountId, path: '/', createdAt: 0 };
  const group: GroupRecord = { ...own, attached: [], id: uniqueId(random, 'group'), name: `g${made}`, inline: ['p'] };
  const role: RoleRecord = {
    ...own,
    id: uniqueId(random, 'role'),
    name: `r${made}`,
    description: '',
    trustPolicy: documentOf([{ Effect: 'Allow', Principal: { AWS: accountId }, Action: 'sts:AssumeRole' }]),
    maximumSessionSeconds: 3600,
    tags: [],
    attached: [],
    inline: given.inline.map((_, n) => `policy-${n}`),
    ...(given.boundary ? { boundary: `arn:aws:iam::${accountId}:policy/b${made}` } : {}),
  };
  const boundary = { id: uniqueId(random, 'policy'), name: `b${made}` };
  const serviceKey = { accessKeyId: uniqueId(random, 'access-key'), secretAccessKey: 'secret-of-service' };
  await changeIdentity(metadata, accountId, async (tx) => {
    const before = (await users.find(tx, user.id))!;
    if (given.ofGroup) {
      await groups.insert(tx, group);
      tx.put(keyspace.inlinePolicy(group.id, 'p'), Buffer.from(documentOf(given.ofGroup)));
    }
    if (given.boundary) {
      const record: ManagedPolicyRecord = {
        ...boundary,
        accountId,
        path: '/',
        description: '',
        createdAt: 0,
        updatedAt: 0,
        tags: [],
        defaultVersion: 1,
        latestVersion: 1,
        versions: [{ number: 1, createdAt: 0 }],
      };
      await managedPolicies.insert(tx, record);
      tx.put(keyspace.policyVersion(boundary.id, 1), Buffer.from(documentOf(given.boundary)));
    }
    await users.replace(tx, before, {
      ...before,
      groups: given.ofGroup ? [group.id] : [],
      ...(given.boundary ? { boundary: `arn:aws:iam::${accountId}:policy/${boundary.name}` } : {}),
    });
    await roles.insert(tx, role);
    given.inline.forEach((one, i) => {
      tx.put(keyspace.inlinePolicy(role.id, `policy-${i}`), Buffer.from(documentOf(one)));
    });
    putAccessKey(tx, {
      accessKeyId: serviceKey.accessKeyId,
      accountId,
      userId: user.id,
      sealedSecret: secrets.seal(serviceKey.secretAccessKey, serviceKey.accessKeyId),
      status: 'active',
      createdAt: 0,
      serviceAccount: {
        name: 's',
        description: '',
        ...(given.serviceAccount ? { policy: documentOf(given.serviceAccount) } : {}),
      },
    });
  });
  return { user, keys, serviceKey, role };
}

function session(parent: string, of: SessionSubject, policies: readonly (readonly Statement[])[]) {
  const accessKeyId = uniqueId(random, 'temporary-key');
  const sealed: Session = {
    accessKeyId,
    secretAccessKey: 'secret',
    accountId,
    of,
    parent: { accessKeyId: parent, accountId },
    policies: policies.map((one) => documentOf(one)),
    policyArns: [],
    tags: [],
    issuedAt: Date.now() - 1000,
    expiresAt: Date.now() + 60_000,
  };
  return principalOf(accessKeyId, server.identity.sessionTokens.seal(sealed));
}

async function principalOf(accessKeyId: string, token?: string): Promise<SignedPrincipal> {
  const found = await server.identity.credentials.find(accessKeyId, token);
  assert.ok(found);
  return found.principal;
}

async function mayDo(principal: SignedPrincipal): Promise<boolean[]> {
  const conditions = { values: (key: string) => principalCondition(principal, key) };
  const access = new Access(server.identities.authorization, { principal, conditions, acceptsCharges: false });
  const answers: boolean[] = [];
  for (const grant of grants) answers.push(await access.allows(grant));
  return answers;
}

async function givePolicy(given: World['bucketPolicy'], userArn: string): Promise<void> {
  const request = { path: '/never-a', query: [['policy', '']] as const };
  if (!given) {
    await sendRaw(server, { ...request, method: 'DELETE' });
    return;
  }
  const others = { user: userArn, account: accountId, everyone: '*', other: (await otherAccount()).accountId };
  const body = documentOf(
    given.map(({ Effect, Action, whom }) => ({
      Effect,
      Action,
      Principal: { AWS: others[whom as keyof typeof others] },
      Resource: ['arn:aws:s3:::never-a', 'arn:aws:s3:::never-a/*'],
    })),
  );
  const put = await sendRaw(server, { ...request, method: 'PUT', body: Buffer.from(body) });
  assert.equal(put.status, 204, put.text);
}

let other: { accountId: string } | undefined;
async function otherAccount() {
  other ??= await server.identity.createAccount({ name: 'other' });
  return other;
}

test('what comes from a user never may more than the user, and just what AWS documents', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const { user, keys, serviceKey, role } = await bring(given);
      await givePolicy(given.bucketPolicy, `arn:aws:iam::${accountId}:user/${user.name}`);
      const ofUser = { kind: 'user', userId: user.id } as const;
      const federated = { kind: 'federated', userId: user.id, sessionName: 'f' } as const;
      const ofRole = { kind: 'role', roleId: role.id, sessionName: 's' } as const;
      const isNarrow = given.session.length > 0;
      const principals = {
        user: await principalOf(keys.accessKeyId),
        serviceAccount: await principalOf(serviceKey.accessKeyId),
        session: await session(keys.accessKeyId, ofUser, given.session),
        wholeSession: await session(keys.accessKeyId, ofUser, []),
        sessionOfServiceAccount: await session(serviceKey.accessKeyId, ofUser, given.session),
        federated: await session(keys.accessKeyId, federated, given.session),
        wholeRole: await session(keys.accessKeyId, ofRole, []),
        role: await session(keys.accessKeyId, ofRole, given.session),
        federatedOfServiceAccount: await session(serviceKey.accessKeyId, federated, given.session),
      };
      const parent = await mayDo(principals.user);
      const service = await mayDo(principals.serviceAccount);
      const wholeRole = await mayDo(principals.wholeRole);
      for (const [i, grant] of grants.entries()) {
        const limits = {
          boundary: given.boundary && said([given.boundary], grant),
          serviceAccount: given.serviceAccount && said([given.serviceAccount], grant),
          session: isNarrow ? said(given.session, grant) : undefined,
        };
        const { boundary, serviceAccount } = limits;
        // It is in no group, and the bucket's policy names another.
        const ofTheRole: World = {
          ...given,
          ofGroup: undefined,
          bucketPolicy: given.bucketPolicy?.filter(({ whom }) => whom !== 'user'),
        };
        // A session of a user has no name of its own: its policies limit all of it.
        const expected: Record<keyof typeof principals, boolean> = {
          user: byTheBook(given, grant, { limits: { boundary }, isNamed: true }),
          serviceAccount: byTheBook(given, grant, { limits: { boundary, serviceAccount }, isNamed: true }),
          wholeSession: byTheBook(given, grant, { limits: { boundary }, isNamed: true }),
          session: byTheBook(given, grant, { limits: { boundary, serviceAccount: limits.session }, isNamed: true }),
          sessionOfServiceAccount: bothLimit(given, grant, [
            { boundary, serviceAccount },
            { boundary, serviceAccount: limits.session },
          ]),
          wholeRole: byTheBook(ofTheRole, grant, { limits: { boundary }, isNamed: false }),
          role: byTheBook(ofTheRole, grant, { limits: { boundary, session: limits.session }, isNamed: false }),
          federated: byTheBook(given, grant, {
            limits: { boundary, session: limits.session ?? 'nothing' },
            isNamed: false,
          }),
          federatedOfServiceAccount: byTheBook(given, grant, {
            limits: { boundary, serviceAccount, session: limits.session ?? 'nothing' },
            isNamed: false,
          }),
        };
        for (const [who, principal] of Object.entries(principals) as [keyof typeof principals, SignedPrincipal][]) {
          const allowed = (await mayDo(principal))[i]!;
          const what = `${who} ${grant.action} ${arnOf(grant)}`;
          assert.equal(allowed, expected[who], what);
          if (allowed && who === 'role') assert.ok(wholeRole[i], `${what}, and the role may not`);
          else if (allowed && who !== 'wholeRole') assert.ok(parent[i], `${what}, and the user may not`);
          if (allowed && /OfServiceAccount$/.test(who))
            assert.ok(service[i], `${what}, and the service account may not`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

function bothLimit(given: World, grant: Grant, all: readonly Limits[]): boolean {
  return all.every((limits) => byTheBook(given, grant, { limits, isNamed: true }));
}

const may = (Action: string) => ({ Effect: 'Allow', Action, Resource: '*' });

test('a narrowed session makes no service account, and a service account makes none', async () => {
  const { user, keys } = await makeUser(server, { name: 'maker', policies: [[may('*')]] });
  const create = async (credentials: AccessKeyPair, token?: string) => {
    const parameters = { Action: 'CreateServiceAccount', Name: 'made' };
    return sendQuery(server, { service: 'cairn', parameters, credentials, ...(token === undefined ? {} : { token }) });
  };
  const narrow: Session = {
    accessKeyId: 'ASIANARROW',
    secretAccessKey: 'secret-of-session',
    accountId,
    of: { kind: 'user', userId: user.id },
    parent: { accessKeyId: keys.accessKeyId, accountId },
    policies: [documentOf([may('cairn:*')])],
    policyArns: [],
    tags: [],
    issuedAt: Date.now() - 1000,
    expiresAt: Date.now() + 60_000,
  };
  const refusedSession = await create(narrow, server.identity.sessionTokens.seal(narrow));
  assert.deepEqual(
    [refusedSession.status, elementOf(refusedSession, 'Code')],
    [403, 'AccessDenied'],
    refusedSession.text,
  );
  // One that is as wide as its user ends, and what it makes would not.
  const wide: Session = { ...narrow, accessKeyId: 'ASIAWIDE', policies: [] };
  assert.equal((await create(wide, server.identity.sessionTokens.seal(wide))).status, 403);
  const parameters = { Action: 'CreateServiceAccount', Name: 'made', Policy: documentOf([may('cairn:*')]) };
  const madeOne = await sendQuery(server, { service: 'cairn', parameters, credentials: keys });
  assert.equal(madeOne.status, 200, madeOne.text);
  const service = {
    accessKeyId: elementOf(madeOne, 'AccessKeyId')!,
    secretAccessKey: elementOf(madeOne, 'SecretAccessKey')!,
  };
  assert.equal((await create(service)).status, 403);
});
