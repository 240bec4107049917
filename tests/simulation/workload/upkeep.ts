import { StorageError } from '../../../src/domain/errors.ts';
import { InjectedFault } from '../../../src/engines/fault-plan.ts';
import { MetadataSpaceError } from '../../../src/engines/metadata/metadata-engine.ts';
import type { ObjectVersion } from '../../../src/records/version-record.ts';
import { reclaimOrphans } from '../../../src/services/content/reclaim.ts';
import { placeDue } from '../../../src/services/lifecycle/place-contents.ts';
import { queuePlacement } from '../../../src/services/lifecycle/queue-placement.ts';
import type { Caller, Operations } from '../operation.ts';
import { bucketOf } from './answers.ts';

interface SearchOrphans {
  readonly kind: 'search-orphans';
}
interface Wait {
  readonly kind: 'wait';
  readonly milliseconds: number;
}

/** Another storage class for an object, as a lifecycle rule gives it, and then its bytes to where that is kept. */
interface Move {
  readonly kind: 'move';
  readonly key: number;
  readonly isCold: boolean;
}

export type UpkeepCall = SearchOrphans | Wait | Move;

/** What no client asks for. */
export const upkeepOperations: Operations<UpkeepCall> = {
  'search-orphans': { weight: 6, draw: () => ({}), perform: searchOrphans },
  move: {
    weight: 30,
    draw: (draws) => ({ key: draws.key(), isCold: draws.sometimes(0.6, () => true) ?? false }),
    perform: move,
  },
  wait: {
    weight: 10,
    draw: (draws) => ({ milliseconds: draws.of([1, 20, draws.grace / 3, draws.grace, 31_000]) }),
    perform: (caller, { milliseconds }) => caller.pause(milliseconds),
  },
};

async function move(caller: Caller, { key, isCold }: Extract<UpkeepCall, { kind: 'move' }>): Promise<void> {
  const { services, marks, plan } = caller;
  const { context } = services;
  const count = (name: string) => {
    if (name === 'moved to cold data' || name === 'brought back') marks.hit('content moved');
  };
  try {
    const bucket = await bucketOf(caller, key);
    const target = { bucket, key: plan.keys[key]!.key, versionId: undefined };
    const storageClass = isCold ? 'STANDARD_IA' : 'STANDARD';
    const change = (version: ObjectVersion) => ({ ...version, storageClass });
    const { token } = await services.objects.change({ ...target, aspect: 'storage-class' }, change);
    const dueAt = context.clock.now();
    await context.metadata.transact((tx) => queuePlacement(tx, { ...target, token, dueAt }, context));
    await placeDue(context, { signal: new AbortController().signal, progress() {}, count });
  } catch (error) {
    if (error instanceof InjectedFault || error instanceof StorageError || error instanceof MetadataSpaceError) return;
    throw error;
  }
}

async function searchOrphans({ services, marks }: Caller): Promise<void> {
  const { context } = services;
  try {
    // Whatever was written before this very moment: uploads in progress are among them, and must not suffer.
    const search = { writtenBefore: context.clock.now(), signal: new AbortController().signal };
    marks.hit('orphan condemned', await reclaimOrphans(context, search));
  } catch (error) {
    if (!(error instanceof InjectedFault)) throw error;
  }
}
