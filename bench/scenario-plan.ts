import type { Operations } from './apply-load.ts';
import { planListing } from './listing-plan.ts';
import { planMixed } from './mixed-plan.ts';
import { planMultipart } from './multipart-plan.ts';
import { doomed, type Scenario, spreadKey } from './scenarios.ts';
import type { StoredObjects, StoredSets } from './stored-sets.ts';

/** What is sent in a scenario. */
export interface Plan {
  readonly operations: Operations;
  /** Whether every operation may be performed again. */
  readonly repeats: boolean;
  readonly bytesPerOperation?: number;
  readonly entriesPerOperation?: number;
  /** Looks, when the clock has stopped, whether the first `performed` operations have done what they should. */
  readonly verify?: (performed: number) => Promise<void>;
}

export interface Bounds {
  /** How long the scenario takes at most, with its warm-up. */
  readonly seconds: number;
  /** How much it writes at most. */
  readonly bytes: number;
}

export type ScenarioOf<Kind extends Scenario['kind']> = Extract<Scenario, { kind: Kind }>;

/** Puts what the scenario needs in the store, and signs its requests. */
export function planScenario(sets: StoredSets, scenario: Scenario, bounds: Bounds): Promise<Plan> {
  switch (scenario.kind) {
    case 'write':
      return planWrite(sets, scenario, bounds);
    case 'read':
      return planRead(sets, scenario);
    case 'list':
      return planListing(sets, scenario);
    case 'delete':
      return planDelete(sets, scenario, bounds);
    case 'multipart':
      return planMultipart(sets, scenario, bounds);
    case 'mixed':
      return planMixed(sets, scenario, bounds);
  }
}

/** How many operations can be needed, and afforded: `writtenBytes` are those of one operation. */
export function countFor(
  { mostPerSecond, connections }: { mostPerSecond: number; connections: number },
  { seconds, bytes }: Bounds,
  writtenBytes: number,
): number {
  const wanted = Math.max(Math.ceil(mostPerSecond * seconds), 2 * connections);
  return Math.min(wanted, Math.floor(bytes / Math.max(1, writtenBytes)));
}

async function planWrite(sets: StoredSets, scenario: ScenarioOf<'write'>, bounds: Bounds): Promise<Plan> {
  const { name, objectBytes } = scenario;
  const keyOf = (index: number) => spreadKey(name, index);
  const objects: StoredObjects = { bucket: 'objects', objectBytes, keyOf, etags: [] };
  return {
    operations: sets.puts(objects, countFor(scenario, bounds, objectBytes)),
    repeats: false,
    bytesPerOperation: objectBytes,
    verify: (performed) => sets.readBack(objects, performed),
  };
}

async function planRead(sets: StoredSets, { method, from }: ScenarioOf<'read'>): Promise<Plan> {
  const operations = sets.reads(await sets.fill(from), { method, count: from.count });
  return { operations, repeats: true, bytesPerOperation: method === 'GET' ? from.objectBytes : undefined };
}

async function planDelete(sets: StoredSets, scenario: ScenarioOf<'delete'>, bounds: Bounds): Promise<Plan> {
  const count = countFor(scenario, bounds, 0);
  const objects = await sets.fill(doomed(scenario.name, count));
  const heads = sets.prepare('DELETE', objects, Array.from({ length: count }).keys());
  return {
    operations: { count, begin: (index) => ({ method: 'DELETE', head: heads(index), expected: { status: 204 } }) },
    repeats: false,
    verify: (performed) => sets.requireGone(objects, performed),
  };
}
