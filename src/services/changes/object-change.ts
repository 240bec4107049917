import type { MetadataEngine, Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Logger } from '../../foundation/logger.ts';
import type { Random } from '../../foundation/random.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { DeleteMarker, ObjectVersion, VersionRecord } from '../../records/version-record.ts';

/** Who made a change, as events and logs tell of it. */
export interface ChangeOrigin {
  /** A request of a client, or which worker it was. */
  readonly by: 'request' | 'lifecycle' | 'replication' | 'server';
  readonly requestId: string | undefined;
  /** Of the account that asked for it; undefined for anonymous requests and for workers. */
  readonly accountId: string | undefined;
  readonly sourceAddress: string | undefined;
}

/** For what the server does without being asked. */
export const byServer: ChangeOrigin = {
  by: 'server',
  requestId: undefined,
  accountId: undefined,
  sourceAddress: undefined,
};

/** By which operation a version came to be. */
export type Creation = 'put' | 'post' | 'copy' | 'complete-multipart-upload' | 'append' | 'rename' | 'replicate';

/** What became of one key in a commit. */
export type ObjectChange = {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly origin: ChangeOrigin;
} & (
  | { readonly kind: 'created'; readonly creation: Creation; readonly version: ObjectVersion }
  | { readonly kind: 'marked'; readonly version: DeleteMarker }
  /** A version (or a delete marker) is gone for good. */
  | { readonly kind: 'removed'; readonly version: VersionRecord }
  /** Something was said anew of a version, whose bytes stayed. */
  | { readonly kind: 'described'; readonly aspect: DescribedAspect; readonly version: ObjectVersion }
);

export type DescribedAspect =
  | 'tags'
  | 'tags-removed'
  | 'acl'
  | 'retention'
  | 'legal-hold'
  | 'encryption'
  | 'storage-class'
  | 'restore-requested'
  | 'restored'
  | 'restore-expired'
  | 'replication'
  | 'annotations';

/**
 * Writes down, in the very commit that makes a change, what has to follow from it: an event to deliver, a version to
 * replicate. Reads nothing but the transaction and what a setting's token proves to be in force; costs next to nothing
 * for buckets that are not configured for it.
 */
export interface ChangeSubscriber {
  record(tx: Transaction, change: ObjectChange, context: ChangeContext): MaybePromise<void>;
}

/** What subscribers may stand on: a part of the service context. */
export interface ChangeContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Tells every subscriber. Waits only for those that read. */
export function recordChange(
  tx: Transaction,
  change: ObjectChange,
  context: ChangeContext & { readonly subscribers: readonly ChangeSubscriber[] },
): Promise<void> | undefined {
  let waiting: Promise<void>[] | undefined;
  for (const subscriber of context.subscribers) {
    const recorded = subscriber.record(tx, change, context);
    if (recorded instanceof Promise) {
      waiting ??= [];
      waiting.push(recorded);
    }
  }
  return waiting && Promise.all(waiting).then(() => undefined);
}
