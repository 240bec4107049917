import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  CreateBucketCommand,
  type LifecycleRule,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { BlobEngine } from '../../src/engines/blobs/blob-engine.ts';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { lifecycleWork } from '../../src/workers/apply-lifecycle.ts';
import type { LeasedWork } from '../../src/workers/leased-worker.ts';
import { placementWork } from '../../src/workers/place-contents.ts';
import { startS3Server, type TestServer, type TestServerOptions } from '../s3-server.ts';

export const day = 86_400_000;

/** Time that runs as the system's does, and leaps when a test says so. */
export class LeapingClock implements Clock {
  #ahead = 0;

  /** Has a client sign with this time. It would take the time of answers otherwise, which is that of the machine. */
  lead({ config }: S3Client): void {
    Object.defineProperty(config, 'systemClockOffset', { get: () => this.#ahead, set() {} });
  }

  now(): number {
    return Date.now() + this.#ahead;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 1)).unref());
  }

  pass(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}

export interface LifecycleServer {
  readonly server: TestServer;
  readonly s3: S3Client;
  readonly clock: LeapingClock;
  readonly warm: BlobEngine;
  readonly cold: BlobEngine;
  bucket(versioning?: 'Enabled' | 'Suspended'): Promise<string>;
  put(Bucket: string, Key: string, more?: Partial<PutObjectCommandInput>): Promise<string | undefined>;
  rules(Bucket: string, ...rules: Partial<LifecycleRule>[]): Promise<void>;
  /** One round of each kind of work; answers what was counted. */
  pass(signal?: AbortSignal): Promise<Record<string, number>>;
  place(signal?: AbortSignal): Promise<Record<string, number>>;
  /** Versions and delete markers of a bucket, by key and newest first: `key`, `key marker`. */
  held(Bucket: string): Promise<string[]>;
  /** The store keeps all its promises. */
  sound(): Promise<void>;
}

/** A server with a place for cold data, whose background work runs when a test says so. */
export async function lifecycleServer(
  t: TestContext,
  options: TestServerOptions & { readonly withoutCold?: boolean } = {},
): Promise<LifecycleServer> {
  const clock = new LeapingClock();
  const warm = options.engines?.blobs ?? memoryBlobEngine({ clock });
  const cold = options.engines?.coldBlobs ?? memoryBlobEngine({ clock });
  const engines = { ...options.engines, blobs: warm, ...(!options.withoutCold && { coldBlobs: cold }) };
  const server = await startS3Server({ inlineBytes: 1000, clock, ...options, engines });
  t.after(() => server[Symbol.asyncDispose]());
  const s3 = server.client();
  clock.lead(s3);
  let buckets = 0;
  return {
    server,
    s3,
    clock,
    warm,
    cold,
    async bucket(versioning) {
      const Bucket = `bucket-${++buckets}`;
      await s3.send(new CreateBucketCommand({ Bucket }));
      if (versioning) {
        const configuration = { Status: versioning };
        await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: configuration }));
      }
      return Bucket;
    },
    async put(Bucket, Key, more) {
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: `bytes of ${Key}`, ...more }));
      return VersionId;
    },
    async rules(Bucket, ...rules) {
      const Rules = rules.map((rule) => ({ Status: 'Enabled' as const, Filter: { Prefix: '' }, ...rule }));
      await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    },
    pass: (signal) => runOnce(lifecycleWork(server.context), signal),
    async place(signal) {
      const counted: Record<string, number> = {};
      for (;;) {
        const { busy = 0, ...counts } = await runOnce(placementWork(server.context), signal);
        for (const [name, amount] of Object.entries(counts)) counted[name] = (counted[name] ?? 0) + amount;
        if (busy === 0) return counted;
      }
    },
    async held(Bucket) {
      const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
      const markers = DeleteMarkers.map(({ Key, VersionId }) => ({ Key: `${Key} marker`, VersionId, of: Key }));
      const versions = Versions.map(({ Key, VersionId }) => ({ Key, VersionId, of: Key }));
      return [...versions, ...markers]
        .sort((a, b) => (a.of! === b.of! ? (a.VersionId! < b.VersionId! ? -1 : 1) : a.of! < b.of! ? -1 : 1))
        .map(({ Key }) => Key!);
    },
    async sound() {
      await server.reclaim();
      const violations: string[] = [];
      for await (const { message } of verifyStore(server.context, { bytes: true, orphans: true }))
        violations.push(message);
      assert.deepEqual(violations, []);
    },
  };
}

async function runOnce(work: LeasedWork, signal = new AbortController().signal): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  const { busy } = await work.runOnce({
    signal,
    progress() {},
    count(name, amount = 1) {
      counted[name] = (counted[name] ?? 0) + amount;
    },
  });
  return busy ? { ...counted, busy: 1 } : counted;
}

export async function blobsIn(engine: BlobEngine): Promise<number> {
  let blobs = 0;
  for await (const _ of engine.scan()) blobs++;
  return blobs;
}
