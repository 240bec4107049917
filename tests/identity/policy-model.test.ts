import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../../src/domain/errors.ts';
import { policyArn } from '../../src/domain/identity-arn.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import { readIdentityCounters } from '../../src/services/identity/identity-counters.ts';
import { AttachmentService } from '../../src/services/identity/policies/attachment-service.ts';
import { InlinePolicyService } from '../../src/services/identity/policies/inline-policy-service.ts';
import { ManagedPolicyService } from '../../src/services/identity/policies/managed-policy-service.ts';
import { RoleService } from '../../src/services/identity/roles/role-service.ts';
import { UserService } from '../../src/services/identity/users/user-service.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { MemoryStore } from '../memory-store.ts';

const textOf = (action: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: `s3:${action}`, Resource: '*' } });
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
});

const actions = [
  'create-policy',
  'create-policy',
  'delete-policy',
  'create-version',
  'create-default-version',
  'set-default',
  'delete-version',
  'create-holder',
  'create-holder',
  'delete-holder',
  'attach',
  'attach',
  'detach',
  'put-boundary',
  'delete-boundary',
  'put-inline',
  'delete-inline',
] as const;

interface Step {
  readonly action: (typeof actions)[number];
  readonly policy: string;
  readonly kind: 'user' | 'role';
  readonly version: number;
  readonly text: string;
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom(...actions),
  policy: fc.constantFrom('p', 'q'),
  kind: fc.constantFrom('user', 'role'),
  version: fc.integer({ min: 1, max: 7 }),
  text: fc.constantFrom('Get*', 'Put*', 'List*'),
});
const steps = fc.array(step, { maxLength: 60 });

interface ModelPolicy {
  readonly versions: Map<number, string>;
  latest: number;
  current: number;
}
interface ModelHolder {
  readonly attached: Set<string>;
  readonly inline: Map<string, string>;
  boundary: string | undefined;
}

/** What should be there. */
class Model {
  readonly policies = new Map<string, ModelPolicy>();
  readonly holders = new Map<string, ModelHolder>();

  /** What should come of it: undefined for success. */
  apply(one: Step): string | undefined {
    return this.#applyToPolicy(one, this.policies.get(one.policy)) ?? this.#applyToHolder(one);
  }

  usesOf(name: string): number {
    const all = [...this.holders.values()];
    return all.filter((one) => one.attached.has(name)).length + all.filter((one) => one.boundary === name).length;
  }

  #applyToPolicy({ action, policy: name, version, text }: Step, policy: ModelPolicy | undefined): string | undefined {
    if (action === 'create-policy') {
      if (policy) return 'EntityAlreadyExists';
      this.policies.set(name, { versions: new Map([[1, text]]), latest: 1, current: 1 });
      return undefined;
    }
    const isOfPolicy = action.endsWith('version') || action === 'set-default' || action === 'delete-policy';
    if (!isOfPolicy) return undefined;
    if (!policy) return 'NoSuchEntity';
    switch (action) {
      case 'delete-policy':
        if (this.usesOf(name) > 0 || policy.versions.size > 1) return 'DeleteConflict';
        this.policies.delete(name);
        return undefined;
      case 'set-default':
        if (!policy.versions.has(version)) return 'NoSuchEntity';
        policy.current = version;
        return undefined;
      case 'delete-version':
        if (!policy.versions.has(version)) return 'NoSuchEntity';
        if (policy.current === version) return 'DeleteConflict';
        policy.versions.delete(version);
        return undefined;
      default:
        if (policy.versions.size === 5) return 'LimitExceeded';
        policy.versions.set(++policy.latest, text);
        if (action === 'create-default-version') policy.current = policy.latest;
        return undefined;
    }
  }

  #applyToHolder({ action, policy, kind, text }: Step): string | undefined {
    const holder = this.holders.get(kind);
    if (action === 'create-holder') {
      if (holder) return 'EntityAlreadyExists';
      this.holders.set(kind, { attached: new Set(), inline: new Map(), boundary: undefined });
      return undefined;
    }
    const isOfHolder = /holder|attach|detach|boundary|inline/.test(action);
    if (!isOfHolder) return undefined;
    if (!holder) return 'NoSuchEntity';
    switch (action) {
      case 'delete-holder':
        if (holder.attached.size + holder.inline.size > 0) return 'DeleteConflict';
        this.holders.delete(kind);
        return undefined;
      case 'attach':
        if (!this.policies.has(policy)) return 'NoSuchEntity';
        holder.attached.add(policy);
        return undefined;
      case 'detach':
        return holder.attached.delete(policy) ? undefined : 'NoSuchEntity';
      case 'put-boundary':
        if (!this.policies.has(policy)) return 'NoSuchEntity';
        holder.boundary = policy;
        return undefined;
      case 'delete-boundary':
        holder.boundary = undefined;
        return undefined;
      case 'put-inline':
        holder.inline.set(policy, text);
        return undefined;
      default:
        return holder.inline.delete(policy) ? undefined : 'NoSuchEntity';
    }
  }
}

async function openServices() {
  const store = new MemoryStore();
  const metadata = memoryMetadataEngine({ lateAnswers: true, conflictRate: 0.1, random: { bytes: randomBytes } });
  const { identity } = store.servicesOver({ metadata, blobs: store.blobs });
  const { accountId } = await identity.createAccount({ name: 'owner' });
  const context = { metadata, clock: store.clock, random: { bytes: randomBytes }, identity };
  return {
    engines: { metadata, blobs: store.blobs },
    accountId,
    users: new UserService(context),
    roles: new RoleService(context),
    policies: new ManagedPolicyService(context),
    attachments: new AttachmentService(context),
    inlinePolicies: new InlinePolicyService(context),
    arn: (name: string) => policyArn({ accountId, path: '/', name }),
  };
}

type Services = Awaited<ReturnType<typeof openServices>>;

const newRole = (accountId: string, name: string) => ({
  ...{ accountId, name, path: '/', description: '', maximumSessionSeconds: 3600, trustPolicy: trust },
  ...{ boundary: undefined, tags: [] },
});

async function perform(services: Services, { action, policy, kind, version, text }: Step): Promise<void> {
  const { users, roles, policies, attachments, inlinePolicies, accountId } = services;
  const arn = services.arn(policy);
  const holder = { kind, accountId, name: kind } as const;
  switch (action) {
    case 'create-policy':
      await policies.create({ accountId, name: policy, path: '/', description: '', text: textOf(text), tags: [] });
      return;
    case 'delete-policy':
      return policies.delete(arn);
    case 'create-version':
    case 'create-default-version':
      await policies.createVersion(arn, { text: textOf(text), becomesDefault: action !== 'create-version' });
      return;
    case 'set-default':
      return policies.setDefaultVersion(arn, version);
    case 'delete-version':
      return policies.deleteVersion(arn, version);
    case 'create-holder':
      if (kind === 'user') await users.create({ accountId, name: kind, path: '/', tags: [] });
      else await roles.create(newRole(accountId, kind));
      return;
    case 'delete-holder':
      return kind === 'user' ? users.delete(accountId, kind) : roles.delete(accountId, kind);
    case 'attach':
      return attachments.attach(holder, arn);
    case 'detach':
      return attachments.detach(holder, arn);
    case 'put-boundary':
      return attachments.putBoundary(holder, arn);
    case 'delete-boundary':
      return attachments.deleteBoundary(holder);
    case 'put-inline':
      return inlinePolicies.put(holder, policy, textOf(text));
    case 'delete-inline':
      return inlinePolicies.delete(holder, policy);
  }
}

async function outcome(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof StorageError) return error.kind;
    throw error;
  }
}

async function compare(services: Services, model: Model): Promise<void> {
  const { policies, attachments, inlinePolicies, accountId, engines, arn } = services;
  for (const [name, expected] of model.policies) {
    const { policy, counts } = await policies.get(accountId, arn(name));
    assert.equal(counts.attached + counts.asBoundary, model.usesOf(name));
    assert.equal(policy.defaultVersion, expected.current);
    const found = new Map<number, string>();
    for (const { number } of policy.versions) found.set(number, await policies.versionText(policy, number));
    assert.deepEqual(
      [...found],
      [...expected.versions].map(([number, text]) => [number, textOf(text)]),
    );
  }
  for (const [kind, expected] of model.holders) {
    const holder = { kind: kind as Step['kind'], accountId, name: kind };
    const found = await attachments.holder(holder);
    assert.deepEqual([...found.attached], [...expected.attached].map(arn));
    assert.equal(await attachments.boundary(holder), expected.boundary && arn(expected.boundary));
    for (const [name, text] of expected.inline) assert.equal(await inlinePolicies.get(holder, name), textOf(text));
    assert.equal(found.inline.length, expected.inline.size);
  }
  const counters = await readIdentityCounters(engines.metadata, accountId);
  assert.equal(counters.policy, model.policies.size);
  assert.equal(counters.user + counters.role, model.holders.size);
  assert.deepEqual(await Array.fromAsync(verifyStore(engines)), []);
}

test('policies, their versions and what they hang on are what plain maps say', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const services = await openServices();
      const model = new Model();
      for (const one of sequence) {
        assert.equal(await outcome(perform(services, one)), model.apply(one), JSON.stringify(one));
      }
      await compare(services, model);
    }),
    { numRuns: 60 },
  );
});

test('side by side nothing is left that leads nowhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 4 }), async (sequences) => {
      const services = await openServices();
      await Promise.all(
        sequences.map(async (sequence) => {
          for (const one of sequence.slice(0, 20)) await outcome(perform(services, one));
        }),
      );
      assert.deepEqual(await Array.fromAsync(verifyStore(services.engines)), []);
    }),
    { numRuns: 40 },
  );
});

const policyStep = { policy: 'p', version: 1, text: 'Get*' } as const;
for (const kind of ['user', 'role'] as const) {
  const at = (action: Step['action']): Step => ({ ...policyStep, kind, action });
  for (const [attaching, detaching] of [
    ['attach', 'detach'],
    ['put-boundary', 'delete-boundary'],
  ] as const) {
    test(`${attaching} to a ${kind} while the policy is deleted: one of them wins`, async () => {
      for (let i = 0; i < 20; i++) {
        const services = await openServices();
        for (const action of ['create-policy', 'create-holder'] as const) await perform(services, at(action));
        const [attached, deleted] = await Promise.all([
          outcome(perform(services, at(attaching))),
          outcome(perform(services, at('delete-policy'))),
        ]);
        const isEither =
          (attached === undefined && deleted === 'DeleteConflict') ||
          (attached === 'NoSuchEntity' && deleted === undefined);
        assert.ok(isEither, `${attached} ${deleted}`);
        assert.deepEqual(await Array.fromAsync(verifyStore(services.engines)), []);
      }
    });

    test(`${detaching} while the ${kind} is deleted leaves nothing counted`, async () => {
      for (let i = 0; i < 20; i++) {
        const services = await openServices();
        for (const action of ['create-policy', 'create-holder', attaching] as const) {
          await perform(services, at(action));
        }
        const [, deleted] = await Promise.all([
          outcome(perform(services, at(detaching))),
          outcome(perform(services, at('delete-holder'))),
        ]);
        assert.ok(deleted === undefined || deleted === 'DeleteConflict', String(deleted));
        assert.deepEqual(await Array.fromAsync(verifyStore(services.engines)), []);
      }
    });
  }

  test(`inline policies that are put at once on a ${kind} stay within their sum`, async () => {
    const services = await openServices();
    await perform(services, at('create-holder'));
    const large = JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 's3:*',
        Resource: `arn:aws:s3:::${'b'.repeat(kind === 'user' ? 900 : 5000)}`,
      },
    });
    const holder = { kind, accountId: services.accountId, name: kind } as const;
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => outcome(services.inlinePolicies.put(holder, name, large))),
    );
    const refused = outcomes.filter((kind) => kind === 'LimitExceeded').length;
    const put = outcomes.filter((kind) => kind === undefined).length;
    assert.deepEqual({ put, refused }, { put: 2, refused: 2 });
  });
}
