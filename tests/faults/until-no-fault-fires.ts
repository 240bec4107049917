import assert from 'node:assert/strict';
import { type FaultKind, FaultPlan } from '../../src/engines/fault-plan.ts';

export interface FaultSeries {
  readonly kind: FaultKind;
  readonly lasts: 'once' | 'until healed';
  /** A series that is not over by then is a loop that never ends. */
  readonly limit: number;
}

/**
 * Runs `round` with a fault at the first call that can have one, then at the second, and so on, until a round is over
 * without any: every call of an operation has then failed once. Answers how many rounds met their fault.
 */
export async function untilNoFaultFires(
  { kind, lasts, limit }: FaultSeries,
  round: (plan: FaultPlan) => Promise<void>,
): Promise<{ readonly rounds: number }> {
  for (let call = 1; call <= limit; call++) {
    const plan = new FaultPlan([{ call, kind, lasts }]);
    try {
      await round(plan);
    } catch (error) {
      throw new Error(`fault ${kind} at call ${call} (${plan.calls.at(-1)}), ${lasts}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (plan.fired === 0) return { rounds: call - 1 };
  }
  return assert.fail(`after ${limit} rounds of ${kind} there is still a call that fails`);
}
