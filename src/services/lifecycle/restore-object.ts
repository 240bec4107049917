import { isArchiveClass } from '../../domain/archive.ts';
import { StorageError } from '../../domain/errors.ts';
import { dueAfter } from '../../domain/lifecycle/lifecycle-days.ts';
import { writeRecord } from '../../records/record-type.ts';
import { type ObjectVersion, versionRecordType } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import { type ChangeOrigin, recordChange } from '../changes/object-change.ts';
import { locateVersion } from '../objects/change-version.ts';
import type { VersionAddress } from '../objects/find-version.ts';
import type { ServiceContext } from '../service-context.ts';
import { dayOf } from './lifecycle-pass.ts';
import { queuePlacement } from './queue-placement.ts';

export interface RestoreRequest extends VersionAddress {
  readonly days: number;
  readonly origin: ChangeOrigin;
  /** The version that was weighed: another one is left alone. */
  readonly token: string;
}

export interface RestoreAnswer {
  /** `accepted`: it begins. `extended`: it is there already, and stays longer. `changed`: it is another version now. */
  readonly outcome: 'accepted' | 'extended' | 'changed';
  readonly version: ObjectVersion;
}

/**
 * Asks for an archived version to be brought back for some days. Throws RestoreAlreadyInProgress, InvalidObjectState for
 * classes that need no restore, and as changes of versions do.
 */
export async function restoreObject(context: ServiceContext, request: RestoreRequest): Promise<RestoreAnswer> {
  return context.metadata.transact(async (tx) => {
    const bucket = await openBucket(tx, request.bucket, context);
    const { version, key } = await locateVersion(tx, { ...request, bucket });
    if (version.token !== request.token) return { outcome: 'changed', version } as const;
    const { storageClass, restore } = version;
    if (!isArchiveClass(storageClass)) {
      throw new StorageError('InvalidObjectState', {
        message: "Restore is not allowed for the object's current storage class.",
        fields: { StorageClass: storageClass },
      });
    }
    if (restore && restore.until === undefined) throw new StorageError('RestoreAlreadyInProgress');
    const now = context.clock.now();
    const until = restore && dueAfter(now, request.days, dayOf(context));
    const changed: ObjectVersion = { ...version, restore: { until } };
    writeRecord(tx, { type: versionRecordType, key }, changed);
    const placement = { bucket, key: request.key, token: version.token };
    queuePlacement(tx, { ...placement, dueAt: until ?? now, restoreDays: restore ? undefined : request.days }, context);
    if (!restore) {
      const { origin } = request;
      const change = { bucket, key: request.key, origin, version: changed, aspect: 'restore-requested' } as const;
      await recordChange(tx, { kind: 'described', ...change }, context);
    }
    return { outcome: restore ? 'extended' : 'accepted', version: changed } as const;
  });
}
