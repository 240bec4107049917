import { roleArn, uniqueId } from '../../src/domain/identity-arn.ts';
import type { Tag } from '../../src/domain/tagging.ts';
import { systemRandom } from '../../src/foundation/random.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import type { RoleRecord } from '../../src/records/role-record.ts';
import { changeIdentity } from '../../src/services/identity/change-identity.ts';
import { roles } from '../../src/services/identity/entity-table.ts';
import { documentOf } from '../identity/make-user.ts';
import type { TestServer } from '../s3-server.ts';

export interface RoleToMake {
  readonly name: string;
  /** The account's name; the root's where left out. */
  readonly account?: string;
  readonly path?: string;
  /** Statements of its trust policy. */
  readonly trust: readonly object[];
  /** Statements of an inline policy. */
  readonly policy?: readonly object[];
  readonly maximumSessionSeconds?: number;
  readonly tags?: readonly Tag[];
}

const random = systemRandom();

/** A role with a policy, straight into the records. */
export async function makeRole(server: TestServer, wanted: RoleToMake): Promise<RoleRecord & { readonly arn: string }> {
  const { accountId } = await server.identity.resolveAccount(wanted.account ?? 'root');
  const role: RoleRecord = {
    id: uniqueId(random, 'role'),
    accountId,
    name: wanted.name,
    path: wanted.path ?? '/',
    createdAt: 0,
    description: '',
    maximumSessionSeconds: wanted.maximumSessionSeconds ?? 3600,
    trustPolicy: documentOf(wanted.trust),
    tags: wanted.tags ?? [],
    attached: [],
    inline: wanted.policy ? ['policy'] : [],
  };
  await changeIdentity(server.context.metadata, accountId, async (tx) => {
    await roles.insert(tx, role);
    if (wanted.policy) tx.put(keyspace.inlinePolicy(role.id, 'policy'), Buffer.from(documentOf(wanted.policy)));
  });
  return { ...role, arn: roleArn(role) };
}

/** A statement of a trust policy. */
export const trusting = (AWS: string | readonly string[], more: object = {}): object => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action: 'sts:AssumeRole',
  ...more,
});

/** A statement of a policy that stands on somebody. */
export const may = (Action: string | readonly string[], Resource: string | readonly string[] = '*'): object => ({
  Effect: 'Allow',
  Action,
  Resource,
});
