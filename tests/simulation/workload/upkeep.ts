import { InjectedFault } from '../../../src/engines/fault-plan.ts';
import { reclaimOrphans } from '../../../src/services/content/reclaim.ts';
import type { Caller, Operations } from '../operation.ts';

interface SearchOrphans {
  readonly kind: 'search-orphans';
}
interface Wait {
  readonly kind: 'wait';
  readonly milliseconds: number;
}

export type UpkeepCall = SearchOrphans | Wait;

/** What no client asks for. */
export const upkeepOperations: Operations<UpkeepCall> = {
  'search-orphans': { weight: 6, draw: () => ({}), perform: searchOrphans },
  wait: {
    weight: 10,
    draw: (draws) => ({ milliseconds: draws.of([1, 20, draws.grace / 3, draws.grace, 31_000]) }),
    perform: (caller, { milliseconds }) => caller.pause(milliseconds),
  },
};

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
