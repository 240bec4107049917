import type { MemoryStore, StoreServices } from '../memory-store.ts';
import { newBucket, newUpload } from '../memory-store.ts';
import { visitFaults, writeKinds } from './visit-faults.ts';

visitFaults({
  name: 'CreateBucket',
  kinds: writeKinds,
  prepare: async (store) => store.accountId,
  steps: [({ buckets }, accountId) => buckets.create('bucket', newBucket(accountId))],
  repeated: ['BucketAlreadyOwnedByYou'],
});
visitFaults({
  name: 'PutBucketVersioning',
  kinds: writeKinds,
  prepare: (store) => store.bucket('bucket'),
  steps: [({ buckets }, bucket) => buckets.setVersioning(bucket, 'enabled')],
});

const deletesBucket = async ({ buckets }: StoreServices) => buckets.delete(await buckets.get('bucket'));

visitFaults({
  name: 'DeleteBucket',
  kinds: writeKinds,
  prepare: (store) => store.bucket('bucket'),
  steps: [deletesBucket],
  repeated: ['NoSuchBucket'],
});
visitFaults({
  name: 'DeleteBucket with uploads in progress',
  kinds: writeKinds,
  async prepare(store: MemoryStore) {
    const bucket = await store.bucket('bucket');
    for (const key of ['a', 'b']) await store.uploads.create(newUpload(bucket, key));
  },
  steps: [deletesBucket],
  repeated: ['NoSuchBucket'],
});

visitFaults({
  name: 'CreateAccount',
  kinds: writeKinds,
  prepare: async () => {},
  steps: [({ identity }) => identity.createAccount({ name: 'second', email: 'second@example.com' })],
  repeated: ['InvalidRequest'],
});
visitFaults({
  name: 'CreateAccessKey',
  kinds: writeKinds,
  prepare: async () => {},
  steps: [({ identity }) => identity.createAccessKey({ account: 'owner', accessKeyId: 'my-key' })],
  repeated: ['InvalidRequest'],
});
visitFaults({
  name: 'DeleteAccessKey',
  kinds: writeKinds,
  prepare: (store) => store.identity.createAccessKey({ account: 'owner', accessKeyId: 'my-key' }),
  steps: [({ identity }) => identity.deleteAccessKey('my-key')],
  repeated: ['InvalidRequest'],
});
visitFaults({
  name: 'DeleteAccount',
  kinds: writeKinds,
  async prepare(store) {
    await store.identity.createAccount({ name: 'second', email: 'second@example.com' });
    await store.identity.createAccessKey({ account: 'second', accessKeyId: 'its-key' });
  },
  steps: [({ identity }) => identity.deleteAccount('second')],
  repeated: ['InvalidRequest'],
});
visitFaults({
  name: 'the first start',
  kinds: writeKinds,
  prepare: async () => {},
  steps: [({ identity }) => identity.ensureRoot({ accessKeyId: 'root-key', secretAccessKey: 'root-secret' })],
});
