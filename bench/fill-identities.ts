import { openLmdbMetadataEngine } from '../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../src/foundation/clock.ts';
import { systemRandom } from '../src/foundation/random.ts';
import { keyspace } from '../src/records/keyspace.ts';
import { dataPaths, readDataDirectory } from '../src/services/data-directory/data-directory.ts';
import { putAccessKey } from '../src/services/identity/access-key-entries.ts';
import { putAttachment } from '../src/services/identity/attachments.ts';
import { changeIdentity } from '../src/services/identity/change-identity.ts';
import { users } from '../src/services/identity/entity-table.ts';
import { IdentityService } from '../src/services/identity/identity-service.ts';
import { SecretBox } from '../src/services/identity/secret-box.ts';
import { UserService } from '../src/services/identity/users/user-service.ts';
import type { Credentials } from '../tests/signing/sign-v4.ts';

const atOnce = 500;
const attached = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

const document = (statements: readonly object[]) =>
  Buffer.from(JSON.stringify({ Version: '2012-10-17', Statement: statements }));

/** Two policies that are each user's own, no text like another. */
const inlineOf = (user: string): Readonly<Record<string, Buffer>> => ({
  home: document([
    {
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
      Resource: ['arn:aws:s3:::homes/${aws:username}/*', `arn:aws:s3:::projects/${user}/*`],
    },
  ]),
  bounds: document([
    { Effect: 'Deny', Action: 's3:DeleteBucket', Resource: `arn:aws:s3:::${user}-*` },
    {
      Effect: 'Deny',
      Action: 's3:Put*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalTag/frozen': user } },
    },
  ]),
});

/**
 * Users of the first account, past the server, which must not run: each with a managed policy, two of its own, and a key.
 * Answers the keys in the order of the users' numbers.
 */
export async function fillIdentities(data: string, count: number): Promise<readonly Credentials[]> {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(data, random);
  const metadata = openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: 'relaxed' });
  const secrets = new SecretBox(masterKey, random);
  const context = { metadata, clock: systemClock, random };
  const { accountId } = await new IdentityService({ ...context, secrets }).resolveAccount('root');
  const service = new UserService(context);
  const keys: Credentials[] = [];
  const fill = async (number: number) => {
    const name = `user-${number}`;
    const made = await service.create({ accountId, name, path: '/', tags: [] });
    const inline = inlineOf(name);
    const accessKeyId = `AKIABENCH${String(number).padStart(11, '0')}`;
    const secretAccessKey = `secret-of-${name}`;
    keys[number] = { accessKeyId, secretAccessKey };
    await changeIdentity(metadata, accountId, async (tx) => {
      await users.replace(tx, made, { ...made, attached: [attached], inline: Object.keys(inline) });
      for (const [policy, text] of Object.entries(inline)) tx.put(keyspace.inlinePolicy(made.id, policy), text);
      putAttachment(tx, { accountId, kind: 'user', id: made.id, policyArn: attached, as: 'policy' });
      const sealedSecret = secrets.seal(secretAccessKey, accessKeyId);
      putAccessKey(tx, { accessKeyId, accountId, userId: made.id, sealedSecret, status: 'active', createdAt: 0 });
    });
  };
  try {
    for (let first = 0; first < count; first += atOnce) {
      const these = Array.from({ length: Math.min(atOnce, count - first) }, (_, i) => fill(first + i));
      await Promise.all(these);
    }
    return keys;
  } finally {
    await metadata.close();
  }
}
