import { policySteps } from './policy-steps.ts';
import { sessionSteps } from './session-steps.ts';
import type { Step } from './step.ts';
import { userSteps } from './user-steps.ts';

/** Each begins on a server where nobody but the root is, and leaves it so. */
export const scenarios: readonly (readonly [name: string, steps: readonly Step[]])[] = [
  ['users, groups, keys and the account', userSteps],
  ['policies and roles', policySteps],
  ['sessions', sessionSteps],
];
