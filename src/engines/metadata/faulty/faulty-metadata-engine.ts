import type { MaybePromise } from '../../../foundation/bytes.ts';
import { type FaultPlan, InjectedFault } from '../../fault-plan.ts';
import {
  isStill,
  type MetadataEngine,
  MetadataSpaceError,
  type Snapshot,
  type Transaction,
} from '../metadata-engine.ts';

/** The engine `inner`, failing as planned. A read that fails rejects or throws, as the engine itself might. */
export function faultyMetadataEngine(inner: MetadataEngine, plan: FaultPlan): MetadataEngine {
  return {
    get(key) {
      failBefore(plan, 'metadata.get');
      return inner.get(key);
    },
    /** A read of one key like any other. */
    isStill(key, value) {
      failBefore(plan, 'metadata.get');
      return isStill(inner, key, value);
    },
    range(span) {
      failBefore(plan, 'metadata.range');
      return inner.range(span);
    },
    snapshot(body) {
      failBefore(plan, 'metadata.snapshot');
      return inner.snapshot((snapshot) => body(faultySnapshot(snapshot, plan)));
    },
    async transact(body) {
      const kind = plan.meet('metadata.transact', 'before', 'after', 'full', 'conflict');
      if (kind === 'before') throw new InjectedFault('metadata.transact', kind);
      if (kind === 'full') throw new MetadataSpaceError(new InjectedFault('metadata.transact', kind));
      const faultyBody = (tx: Transaction) => body(faultyTransaction(tx, plan));
      if (kind === 'conflict') await runInVain(inner, faultyBody);
      const result = await inner.transact(faultyBody);
      if (kind === 'after') throw new InjectedFault('metadata.transact', kind);
      return result;
    },
    close: () => inner.close(),
  };
}

function faultySnapshot(inner: Snapshot, plan: FaultPlan): Snapshot {
  return {
    get(key) {
      failBefore(plan, 'snapshot.get');
      return inner.get(key);
    },
    range(span) {
      failBefore(plan, 'snapshot.range');
      return inner.range(span);
    },
  };
}

function faultyTransaction(inner: Transaction, plan: FaultPlan): Transaction {
  return {
    get(key) {
      failBefore(plan, 'transaction.get');
      return inner.get(key);
    },
    getMany(keys) {
      failBefore(plan, 'transaction.getMany');
      return inner.getMany(keys);
    },
    range(span) {
      failBefore(plan, 'transaction.range');
      return inner.range(span);
    },
    put: (key, value) => inner.put(key, value),
    delete: (key) => inner.delete(key),
    add: (key, deltas) => inner.add(key, deltas),
  };
}

/** Runs the body and throws its writes away, as an engine does that meets a conflict at the commit. */
async function runInVain(
  inner: MetadataEngine,
  body: (transaction: Transaction) => MaybePromise<unknown>,
): Promise<void> {
  const conflict = new InjectedFault('metadata.transact', 'conflict');
  try {
    await inner.transact(async (tx) => {
      await body(tx);
      throw conflict;
    });
  } catch (error) {
    if (error !== conflict) throw error;
  }
}

type ReadCall =
  | `metadata.${'get' | 'range' | 'snapshot'}`
  | `snapshot.${'get' | 'range'}`
  | `transaction.${'get' | 'getMany' | 'range'}`;

function failBefore(plan: FaultPlan, call: ReadCall): void {
  if (plan.meet(call, 'before')) throw new InjectedFault(call, 'before');
}
