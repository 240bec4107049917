import assert from 'node:assert/strict';
import { atPath, difference, filledIn, type Input, type Kept, type Step } from './step.ts';

export interface StepCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken?: string;
}

export interface Asked {
  readonly service: 'iam' | 'sts' | 's3';
  readonly call: string;
  readonly input: Input;
  readonly waits: boolean;
  /** Undefined for the root. */
  readonly credentials: StepCredentials | undefined;
}

/** What a client says of a call: the answer, or the error's code, by the name of its class where it has one. */
export type Told = { readonly answer: unknown } | { readonly code: string; readonly message: string };
export type Ask = (asked: Asked) => Promise<Told>;

/** Errors that AWS's SDKs have a class for. */
const typed = new Set([
  'DeleteConflict',
  'EntityAlreadyExists',
  'InvalidInput',
  'LimitExceeded',
  'MalformedPolicyDocument',
  'NoSuchEntity',
  'PasswordPolicyViolation',
]);

/** Makes all calls, one after the other; fails at the first that is answered otherwise than AWS does. */
export async function runScenario(
  steps: readonly Step[],
  ask: Ask,
  { namesClasses }: { readonly namesClasses: boolean },
): Promise<void> {
  const kept: Kept = new Map();
  for (const [number, step] of steps.entries()) {
    const input = filledIn(step.input ?? {}, kept);
    const credentials = step.as === undefined ? undefined : (kept.get(step.as) as StepCredentials);
    const { service = 'iam', call, waits = false } = step;
    const where = `step ${number} ${call} ${JSON.stringify(input)}`;
    const told = await ask({ service, call, input, waits, credentials });
    if (step.fails !== undefined) {
      assert.ok('code' in told, `${where} did not fail: ${'answer' in told && JSON.stringify(told.answer)}`);
      const isTyped = namesClasses && service === 'iam' && typed.has(step.fails);
      assert.equal(told.code, isTyped ? `${step.fails}Exception` : step.fails, `${where}: ${told.message}`);
      continue;
    }
    assert.ok('answer' in told, `${where} failed: ${'code' in told && `${told.code} ${told.message}`}`);
    const expected = filledIn(step.gives ?? {}, kept);
    const different = difference(told.answer, expected);
    assert.equal(different, undefined, `${where}: ${different}`);
    for (const [name, path] of Object.entries(step.keep ?? {})) {
      const value = atPath(told.answer, path);
      assert.notEqual(value, undefined, `${where} has no ${path}`);
      kept.set(name, value);
    }
  }
}
