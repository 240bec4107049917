import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type ErrorKind, StorageError } from '../../src/domain/errors.ts';
import { BlobCorruptError, BlobSpaceError } from '../../src/engines/blobs/blob-engine.ts';
import { faultyBlobEngine } from '../../src/engines/blobs/faulty/faulty-blob-engine.ts';
import { type FaultKind, type FaultPlan, InjectedFault } from '../../src/engines/fault-plan.ts';
import { faultyMetadataEngine } from '../../src/engines/metadata/faulty/faulty-metadata-engine.ts';
import { MetadataSpaceError } from '../../src/engines/metadata/metadata-engine.ts';
import { spans } from '../../src/records/keyspace.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { MemoryStore, type StoreServices } from '../memory-store.ts';
import { observe } from './observe.ts';
import { untilNoFaultFires } from './until-no-fault-fires.ts';

type Step<Prepared> = (services: StoreServices, prepared: Prepared) => Promise<unknown>;

/** One operation, or several that follow one another, of which every call to an engine is to fail once. */
export interface Scenario<Prepared> {
  readonly name: string;
  /** The kinds of fault that the operation can meet. Each must fire at least once. */
  readonly kinds: readonly FaultKind[];
  prepare(store: MemoryStore): Promise<Prepared>;
  /** The last one's answer goes to `check`. After each, the store may be left as it is then. */
  readonly steps: readonly Step<Prepared>[];
  check?(answer: unknown, prepared: Prepared): Promise<void> | void;
  /** What a client may hear that repeats a request which took effect, although it was told otherwise. */
  readonly repeated?: readonly ErrorKind[];
  /** A request repeated after it took effect adds something: only the soundness of the store can be checked then. */
  readonly adds?: boolean;
  /** It looks for blobs without a record itself, and passes over those that it cannot remove. */
  readonly skips?: boolean;
  /** What the operation may answer while engines fail, besides that something is broken. */
  readonly refusals?: readonly ErrorKind[];
}

export const writeKinds = ['before', 'after', 'full', 'conflict'] as const satisfies FaultKind[];
const limit = 80;
const everything = { bytes: true, orphans: true };

/** One test for each kind of fault, once and lasting. */
export function visitFaults<Prepared>(scenario: Scenario<Prepared>): void {
  describe(scenario.name, () => {
    for (const kind of scenario.kinds) {
      for (const lasts of ['once', 'until healed'] as const) {
        test(`${kind}, ${lasts}`, async () => {
          const states = await statesOf(scenario);
          const series = { kind, lasts, limit };
          const { rounds } = await untilNoFaultFires(series, (plan) => playRound(scenario, plan, states));
          assert.ok(rounds > 0, 'the operation met the fault');
        });
      }
    }
  });
}

/** What clients see before the first step and after each, where nothing fails. */
async function statesOf<Prepared>(scenario: Scenario<Prepared>): Promise<unknown[]> {
  const store = await MemoryStore.open();
  const prepared = await scenario.prepare(store);
  const states = [await observe(store)];
  for (const step of scenario.steps) {
    await step(store, prepared);
    states.push(await observe(store));
  }
  return states;
}

async function playRound<Prepared>(
  scenario: Scenario<Prepared>,
  plan: FaultPlan,
  states: readonly unknown[],
): Promise<void> {
  const store = await MemoryStore.open();
  const prepared = await scenario.prepare(store);
  const faulty = store.servicesOver({
    metadata: faultyMetadataEngine(store.metadata, plan),
    blobs: faultyBlobEngine(store.blobs, plan),
  });
  const outcome = await attempt(scenario, faulty, prepared);
  plan.heal();
  const seen = await observe(store);
  if (outcome.failed) {
    assert.ok(plan.fired > 0, `failed without a fault: ${outcome.error}`);
    assertAnswer(outcome.error, ['InternalError', 'StorageFull', ...(scenario.refusals ?? [])]);
    assert.ok(
      states.some((state) => isDeepStrictEqual(state, seen)),
      `half done: ${JSON.stringify(seen)}`,
    );
  } else assert.deepEqual(seen, states.at(-1), 'a success that was none');
  await assertSound(store, { orphans: !scenario.skips && isSurelyRefused(plan, outcome) });
  await repeat(scenario, store, prepared);
  if (!scenario.adds) assert.deepEqual(await observe(store), states.at(-1), 'after the request was repeated');
  await store.reclaimAll();
  await assertSound(store, { orphans: true });
  assert.deepEqual(await store.metadata.range(spans.table('reclaim', undefined, 10)), [], 'everything is reclaimed');
}

type Outcome = { readonly failed: false } | { readonly failed: true; readonly error: unknown };

async function attempt<Prepared>(
  scenario: Scenario<Prepared>,
  services: StoreServices,
  prepared: Prepared,
): Promise<Outcome> {
  let answer: unknown;
  try {
    for (const step of scenario.steps) answer = await step(services, prepared);
  } catch (error) {
    return { failed: true, error };
  }
  await scenario.check?.(answer, prepared);
  return { failed: false };
}

/** What was staged can then be removed at once, and must be, for no worker looks for it soon. */
function isSurelyRefused(plan: FaultPlan, outcome: Outcome): boolean {
  if (!outcome.failed) return true;
  if (outcome.error instanceof MetadataSpaceError) return true;
  const isInsideCommit = outcome.error instanceof InjectedFault && outcome.error.call.startsWith('transaction.');
  return isInsideCommit && plan.fired === 1;
}

/** A client that sends its request again must be served, now that everything works. */
async function repeat<Prepared>(scenario: Scenario<Prepared>, store: MemoryStore, prepared: Prepared): Promise<void> {
  const outcome = await attempt(scenario, store, prepared);
  if (outcome.failed) assertAnswer(outcome.error, scenario.repeated ?? []);
}

function assertAnswer(error: unknown, kinds: readonly ErrorKind[]): void {
  if (error instanceof StorageError) {
    assert.ok(kinds.includes(error.kind), `${error.kind} is no right answer`);
    return;
  }
  const isEngines = [InjectedFault, MetadataSpaceError, BlobSpaceError, BlobCorruptError].some(
    (type) => error instanceof type,
  );
  if (!isEngines || kinds.length === 0) throw error;
}

async function assertSound(store: MemoryStore, { orphans }: { orphans: boolean }): Promise<void> {
  const found = await Array.fromAsync(verifyStore(store, { ...everything, orphans }));
  assert.deepEqual(
    found.map(({ message }) => message),
    [],
  );
}
