import { StorageError } from '../domain/errors.ts';
import type { MaybePromise } from '../foundation/bytes.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { ObjectService } from '../services/objects/object-service.ts';

type Target = Parameters<ObjectService['change']>[0];

/** Objects that are replaced between being weighed and being changed are weighed again, this often at most. */
const attempts = 10;

/**
 * Changes one version, and only the very one that `weigh` let pass: what the gate looked at may have been replaced
 * meanwhile by an object of somebody else's. `weigh` throws to refuse, and answers how to change the version.
 */
export async function changeWeighedVersion(
  objects: ObjectService,
  target: Target,
  weigh: (found: ObjectVersion) => MaybePromise<(version: ObjectVersion) => ObjectVersion>,
): Promise<ObjectVersion> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    // Changes nothing: finds the version as a change finds it.
    const found = await objects.change(target, (version) => version);
    const change = await weigh(found);
    const changed = await objects.change(target, (version) =>
      version.token === found.token ? change(version) : version,
    );
    if (changed.token === found.token) return changed;
  }
  throw new StorageError('OperationAborted');
}
