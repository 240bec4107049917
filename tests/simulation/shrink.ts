import type { Plan, PlannedClient } from './plan.ts';
import type { Verdict } from './simulate.ts';

/** Without what differs between two runs that fail for the same reason. */
export function reasonOf(violation: string): string {
  return violation
    .replace(/\n.*/s, '')
    .replace(/\(.*/s, '')
    .replace(/\bw-?\d+\.\d+|[0-9a-f]{8,}/g, '…')
    .replace(/\d+/g, 'n');
}

/**
 * The smallest plan found that still fails for the same reason: leaves out events, faults, clients and calls, and makes
 * the machine calmer. Tries at most `runs` plans.
 */
export async function shrink(
  plan: Plan,
  play: (plan: Plan) => Promise<Verdict>,
  { runs }: { runs: number },
): Promise<{ plan: Plan; tried: number }> {
  const reasons = new Set((await play(plan)).violations.map(reasonOf));
  let smallest = plan;
  let tried = 0;
  const isSmaller = async (candidate: Plan): Promise<boolean> => {
    if (tried >= runs || JSON.stringify(candidate) === JSON.stringify(smallest)) return false;
    tried++;
    const { violations } = await play(candidate);
    if (!violations.some((violation) => reasons.has(reasonOf(violation)))) return false;
    smallest = candidate;
    return true;
  };
  let before: Plan | undefined;
  while (before !== smallest) {
    before = smallest;
    for (const calmer of calmerPlans) await isSmaller(calmer(smallest));
    await shrinkList(smallest.events, (events) => isSmaller({ ...smallest, events }));
    await shrinkList(smallest.faults, (faults) => isSmaller({ ...smallest, faults }));
    for (let client = 0; client < smallest.clients.length; client++) {
      // A client without calls stays, so that the others keep their numbers.
      await shrinkList(smallest.clients[client]!.calls, (calls) =>
        isSmaller({ ...smallest, clients: smallest.clients.map((own, i) => (i === client ? { ...own, calls } : own)) }),
      );
    }
  }
  return { plan: withoutIdleClients(smallest), tried };
}

const calmerPlans: readonly ((plan: Plan) => Plan)[] = [
  (plan) => ({ ...plan, conflictRate: 0 }),
  (plan) => ({ ...plan, latency: { ...plan.latency, rare: 0 } }),
  (plan) => ({ ...plan, buckets: plan.buckets.map(() => 'unversioned' as const) }),
];

/** Leaves out halves, quarters … and at last single entries, as long as `isSmaller` agrees. */
async function shrinkList<T>(all: readonly T[], isSmaller: (rest: readonly T[]) => Promise<boolean>): Promise<void> {
  let left = all;
  for (let size = left.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const rest = [...left.slice(0, from), ...left.slice(from + size)];
      if (await isSmaller(rest)) left = rest;
      else from += size;
    }
  }
}

/** Those at the end may go; others keep their places, because latencies are drawn by place. */
function withoutIdleClients(plan: Plan): Plan {
  const last = plan.clients.findLastIndex(({ calls }: PlannedClient) => calls.length > 0);
  return { ...plan, clients: plan.clients.slice(0, last + 1) };
}
