import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { systemRandom } from '../../src/foundation/random.ts';
import { spans } from '../../src/records/keyspace.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import { RemoteService } from '../../src/services/replication/remote-service.ts';
import { openSide, putRules, remoteArn, rule, versionedBucket } from '../replication/pair.ts';

const secretAccessKey = 'the-secret-of-another-store';

async function withRemote() {
  const side = await openSide();
  const { accountId } = await side.server.identity.resolveAccount('root');
  const remote = { name: 'other', endpoint: 'http://127.0.0.1:1', region: 'us-east-1', accessKeyId: 'their-key' };
  const added = await side.server.remotes.add({ ...remote, accountId, secretAccessKey });
  return { ...side, added };
}

test('the secret of a remote is told by nothing and stands nowhere as it is', async () => {
  await using side = await withRemote();
  const { server, added } = side;
  const listed = await Array.fromAsync(server.remotes.list());
  await versionedBucket(side, 'source');
  await putRules(side, 'source', rule(remoteArn('bucket')));
  await side.s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'k', Body: 'x' }));
  await server.replicate();
  const told = inspect([added, listed, server.outcomes, server.errors], { depth: 20, maxStringLength: null });
  assert.equal(told.includes(secretAccessKey), false);
  const stored = await server.context.metadata.range(spans.remotes(undefined, 10));
  assert.equal(stored.length, 1);
  assert.equal(stored[0]!.value.includes(secretAccessKey), false);
});

test('a sealed secret opens under its own name and master key only', async () => {
  await using side = await withRemote();
  const { context, remotes } = side.server;
  assert.equal((await remotes.open('other'))?.secretAccessKey, secretAccessKey);
  const stranger = new RemoteService(context, new SecretBox(Buffer.alloc(32, 8), systemRandom()));
  await assert.rejects(stranger.open('other'));
});
