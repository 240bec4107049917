import { uniqueId } from '../../src/domain/identity-arn.ts';
import { systemRandom } from '../../src/foundation/random.ts';
import type { AccessKeyRecord } from '../../src/records/account-record.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import type { UserRecord } from '../../src/records/user-record.ts';
import { putAccessKey } from '../../src/services/identity/access-key-entries.ts';
import { putAttachment } from '../../src/services/identity/attachments.ts';
import { changeIdentity } from '../../src/services/identity/change-identity.ts';
import { users } from '../../src/services/identity/entity-table.ts';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import type { TestServer } from '../s3-server.ts';

export interface UserToMake {
  readonly name: string;
  /** The account's name; the root's where left out. */
  readonly account?: string;
  /** Statements of inline policies: one policy each. */
  readonly policies?: readonly (readonly object[])[];
  /** ARNs. */
  readonly attached?: readonly string[];
  readonly boundary?: string;
  readonly serviceAccount?: AccessKeyRecord['serviceAccount'];
}

export interface MadeUser {
  readonly user: UserRecord;
  readonly keys: AccessKeyPair;
}

export const documentOf = (statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

const random = systemRandom();
const secrets = new SecretBox(Buffer.alloc(32, 7), random);

/** A user with policies and a key, straight into the records: for tests of what policies do. */
export async function makeUser(server: TestServer, wanted: UserToMake): Promise<MadeUser> {
  const { metadata } = server.context;
  const { accountId } = await server.identity.resolveAccount(wanted.account ?? 'root');
  const made = await server.identities.users.create({ accountId, name: wanted.name, path: '/', tags: [] });
  const policies = wanted.policies ?? [];
  const user: UserRecord = {
    ...made,
    attached: wanted.attached ?? [],
    inline: policies.map((_, i) => `policy-${i}`),
    ...(wanted.boundary === undefined ? {} : { boundary: wanted.boundary }),
  };
  const keys = { accessKeyId: uniqueId(random, 'access-key'), secretAccessKey: `secret-of-${wanted.name}` };
  await changeIdentity(metadata, accountId, async (tx) => {
    await users.replace(tx, made, user);
    for (const [i, statements] of policies.entries()) {
      tx.put(keyspace.inlinePolicy(user.id, `policy-${i}`), Buffer.from(documentOf(statements)));
    }
    const holder = { accountId, kind: 'user', id: user.id } as const;
    for (const policyArn of user.attached) putAttachment(tx, { ...holder, policyArn, as: 'policy' });
    if (user.boundary) putAttachment(tx, { ...holder, policyArn: user.boundary, as: 'boundary' });
    putAccessKey(tx, {
      accessKeyId: keys.accessKeyId,
      accountId,
      userId: user.id,
      sealedSecret: secrets.seal(keys.secretAccessKey, keys.accessKeyId),
      status: 'active',
      createdAt: 0,
      ...(wanted.serviceAccount ? { serviceAccount: wanted.serviceAccount } : {}),
    });
  });
  return { user, keys };
}
