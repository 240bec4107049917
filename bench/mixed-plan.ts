import type { Step } from './exchange.ts';
import { type Bounds, countFor, type Plan, type ScenarioOf } from './scenario-plan.ts';
import { type DataSet, spreadKey } from './scenarios.ts';
import { type StoredObjects, type StoredSets, visitingOrder } from './stored-sets.ts';

/** G a GET, H a HEAD, O a PUT over what is there, N a PUT of a new object, D a DELETE of one: 70, 10, 10, 5 and 5 %. */
const pattern = 'GGOGGHGGNGGGOGGHGGDG';
/** How many new objects there are at a time: more than clients, so that most were written before they are deleted. */
const newAtOnce = 500;

/**
 * 70 % GET, 15 % PUT, 10 % HEAD and 5 % DELETE over one set. What is put over an object has its bytes again, and what is
 * deleted was put by the scenario itself: so every answer is known beforehand, whatever is under way at the same time.
 */
export async function planMixed(sets: StoredSets, scenario: ScenarioOf<'mixed'>, bounds: Bounds): Promise<Plan> {
  const { from, name } = scenario;
  const written = [...pattern].filter((kind) => kind === 'O' || kind === 'N').length / pattern.length;
  const count = countFor(scenario, bounds, from.objectBytes * written);
  const objects = await sets.fill(from);
  const fresh: StoredObjects = {
    bucket: from.bucket,
    objectBytes: from.objectBytes,
    keyOf: (index) => spreadKey(`${name}-new`, index),
    etags: [],
  };
  const begin = prepareMixed(sets, { objects, fresh, set: from, count });
  return {
    operations: { count, begin },
    repeats: false,
    verify: () => sets.readBack(objects, from.count),
  };
}

interface Mixture {
  readonly objects: StoredObjects;
  readonly fresh: StoredObjects;
  readonly set: DataSet;
  readonly count: number;
}

function prepareMixed(sets: StoredSets, { objects, fresh, set, count }: Mixture): (index: number) => Step {
  const order = visitingOrder(set.count);
  const known = (index: number) => order[index % set.count]!;
  const cycleOf = (index: number) => Math.floor(index / pattern.length);
  const kindAt = (index: number) => pattern[index % pattern.length]!;
  // One series of requests for each method, so that a head is found by dividing.
  const turns = {
    GET: turnsOf('G', pattern),
    HEAD: turnsOf('H', pattern),
    over: turnsOf('O', pattern),
  };
  const cycles = Math.ceil(count / pattern.length);
  const lag = Math.min(newAtOnce, Math.floor(cycles / 2));
  const gets = sets.prepare('GET', objects, order);
  const heads = sets.prepare('HEAD', objects, order);
  const overs = sets.prepare('PUT', objects, order);
  const news = sets.prepare('PUT', fresh, Array.from({ length: cycles }).keys());
  const deletes = sets.prepare('DELETE', fresh, Array.from({ length: cycles }).keys());
  const turnOf = (kinds: { perCycle: number; before: readonly number[] }, index: number) =>
    (cycleOf(index) * kinds.perCycle + kinds.before[index % pattern.length]!) % set.count;
  return (index) => {
    switch (kindAt(index)) {
      case 'G': {
        const turn = turnOf(turns.GET, index);
        return sets.readStep(objects, known(turn), { method: 'GET', head: gets(turn) });
      }
      case 'H': {
        const turn = turnOf(turns.HEAD, index);
        return sets.readStep(objects, known(turn), { method: 'HEAD', head: heads(turn) });
      }
      case 'O': {
        const turn = turnOf(turns.over, index);
        return sets.putStep(objects, known(turn), overs(turn));
      }
      case 'N': {
        return sets.putStep(fresh, cycleOf(index), news(cycleOf(index)));
      }
      default: {
        // At the beginning there is nothing to delete, which S3 answers alike.
        const cycle = (cycleOf(index) + cycles - lag) % cycles;
        return { method: 'DELETE', head: deletes(cycle), expected: { status: 204 } };
      }
    }
  };
}

/** For each place in the pattern how many of a kind are before it, and how many there are. */
function turnsOf(kind: string, text: string): { perCycle: number; before: readonly number[] } {
  const before = Array.from(text, (_, place) => text.slice(0, place).split(kind).length - 1);
  return { perCycle: text.split(kind).length - 1, before };
}
