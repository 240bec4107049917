import type { BlobEngine } from '../src/engines/blobs/blob-engine.ts';
import { memoryBlobEngine } from '../src/engines/blobs/memory/memory-blob-engine.ts';
import { memoryMetadataEngine } from '../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../src/engines/metadata/metadata-engine.ts';
import { sourceOf } from '../src/foundation/bytes.ts';
import type { Clock } from '../src/foundation/clock.ts';
import { silentLogger } from '../src/foundation/logger.ts';
import { systemRandom } from '../src/foundation/random.ts';
import type { BucketRecord } from '../src/records/bucket-record.ts';
import type { ObjectVersion } from '../src/records/version-record.ts';
import { BucketService } from '../src/services/buckets/bucket-service.ts';
import { reclaimDue, reclaimOrphans } from '../src/services/content/reclaim.ts';
import { EncryptionService } from '../src/services/encryption/encryption-service.ts';
import { IdentityService } from '../src/services/identity/identity-service.ts';

import { SecretBox } from '../src/services/identity/secret-box.ts';
import type { ObjectDescription } from '../src/services/objects/object-description.ts';
import { ObjectService, type PutObject } from '../src/services/objects/object-service.ts';
import type { ServiceContext } from '../src/services/service-context.ts';
import { UploadService } from '../src/services/uploads/upload-service.ts';

/** Time that passes only when a test says so. */
export class TestClock implements Clock {
  #now = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** The services of one process over a store. */
export interface StoreServices {
  readonly context: ServiceContext;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly buckets: BucketService;
  readonly identity: IdentityService;
}

/** Contents above this are blobs. */
export const inlineBytes = 100;
export const graceMilliseconds = 1000;

/** Everything below the adapters, in memory, with a clock that stands still. */
export class MemoryStore implements StoreServices {
  readonly clock = new TestClock();
  readonly metadata: MetadataEngine = memoryMetadataEngine();
  readonly blobs: BlobEngine = memoryBlobEngine({ clock: this.clock, pieceLength: 1024 * 1024 });
  readonly context: ServiceContext;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly buckets: BucketService;
  readonly identity: IdentityService;
  accountId = '';

  constructor() {
    const services = this.servicesOver(this);
    this.context = services.context;
    this.objects = services.objects;
    this.uploads = services.uploads;
    this.buckets = services.buckets;
    this.identity = services.identity;
  }

  static async open(): Promise<MemoryStore> {
    const store = new MemoryStore();
    store.accountId = (await store.identity.createAccount({ name: 'owner', email: 'owner@example.com' })).accountId;
    return store;
  }

  /** Services of another process over the same store, or over engines that wrap its own. */
  servicesOver(engines: { readonly metadata: MetadataEngine; readonly blobs: BlobEngine }): StoreServices {
    const random = systemRandom();
    const parts: ServiceContext = {
      metadata: engines.metadata,
      blobs: engines.blobs,
      clock: this.clock,
      random,
      logger: silentLogger,
      storage: { inlineBytes, reclaimGraceMilliseconds: graceMilliseconds },
      subscribers: [],
    };
    const keys = { secrets: new SecretBox(Buffer.alloc(32, 7), random), region: 'us-east-1' };
    const context: ServiceContext = { ...parts, encryption: new EncryptionService({ ...parts, ...keys }) };
    return {
      context,
      objects: new ObjectService(context),
      uploads: new UploadService(context),
      buckets: new BucketService(context),
      identity: new IdentityService({
        metadata: engines.metadata,
        clock: this.clock,
        random,
        secrets: new SecretBox(Buffer.alloc(32, 7), random),
      }),
    };
  }

  async bucket(name: string, versioning?: 'enabled' | 'suspended'): Promise<BucketRecord> {
    await this.buckets.create(name, newBucket(this.accountId));
    if (versioning) await this.buckets.setVersioning(await this.buckets.get(name), versioning);
    return this.buckets.get(name);
  }

  put(bucket: BucketRecord, key: string, body: Buffer): Promise<ObjectVersion> {
    return putObject(this, { bucket, key }, body);
  }

  /** Works off everything that is due now and will ever be, remains of crashes too. */
  async reclaimAll(): Promise<void> {
    for (let days = 0; days < 12; days++) {
      while ((await reclaimDue(this.context)).reclaimed > 0);
      await reclaimOrphans(this.context, {
        writtenBefore: this.clock.now(),
        signal: new AbortController().signal,
      });
      this.clock.pass(24 * 3_600_000);
    }
  }
}

export const newBucket = (accountId: string) => ({ accountId, region: 'us-east-1', locationConstraint: '' });

export const plainDescription: ObjectDescription = {
  headers: { contentType: 'text/plain' },
  userMetadata: [['colour', 'blue']],
  storageClass: 'STANDARD',
  tags: [['team', 'red']],
};

/** Bytes of which no two stretches of 4 are alike, and none are of another `name`. */
export function bytesOf(name: string, length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let seed = 0;
  for (const character of name) seed = (Math.imul(seed, 31) + character.charCodeAt(0)) >>> 0;
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(seed + i + 1, 2_654_435_761);
  return Buffer.from(words.buffer, 0, length);
}

type Target = Pick<PutObject, 'bucket' | 'key'> & Partial<Pick<PutObject, 'conditions' | 'ownerAccountId'>>;

/** As the PutObject operation does it, with a SHA-256 checksum. */
export async function putObject(
  { objects }: Pick<StoreServices, 'objects'>,
  target: Target,
  body: Buffer,
): Promise<ObjectVersion> {
  const staged = await objects.stage(sourceOf(body), ['SHA256']);
  return objects.commit(staged, {
    ownerAccountId: target.bucket.ownerAccountId,
    description: plainDescription,
    conditions: {},
    ...target,
    checksum: { algorithm: 'SHA256', value: staged.digests.get('SHA256')!.toString('base64'), type: 'FULL_OBJECT' },
  });
}

export interface PartTarget {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly uploadId: string;
  readonly partNumber: number;
}

/** As the UploadPart operation does it, with a CRC32 checksum. */
export async function uploadPart(services: Pick<StoreServices, 'objects' | 'uploads'>, to: PartTarget, body: Buffer) {
  const staged = await services.objects.stage(sourceOf(body), ['CRC32']);
  return services.uploads.commitPart(staged, {
    ...to,
    checksum: { algorithm: 'CRC32', value: staged.digests.get('CRC32')!.toString('base64'), type: 'FULL_OBJECT' },
  });
}

export const newUpload = (bucket: BucketRecord, key: string) => ({
  bucket,
  key,
  ownerAccountId: bucket.ownerAccountId,
  description: plainDescription,
  checksumAlgorithm: 'CRC32' as const,
  checksumType: 'COMPOSITE' as const,
});

export const nothingExpected = { size: undefined, checksum: undefined, checksumType: undefined };
