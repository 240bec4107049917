import { StorageError } from '../../../domain/errors.ts';
import { compactPolicy } from '../../../domain/policy/parse-policy.ts';

/** Characters as IAM counts them: without the white space between tokens. */
export function policySize(text: string): number {
  return compactPolicy(text).length;
}

/** White space that nobody wrote to be read: a hundred kilobytes of it in each of a thousand policies would be in each list of them. */
const mostSpace = 8192;

/** What is kept of a policy that has been found good: its text as it is, or without so much white space. */
export function keptPolicy(text: string): string {
  const compact = compactPolicy(text);
  return text.length - compact.length > Math.max(mostSpace, compact.length) ? compact : text;
}

/**
 * IAM's limits, in characters. Those of inline policies are for all that stand on one user, group or role together.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const policyLimits = {
  managed: 6144,
  trust: 2048,
  inline: { user: 2048, group: 5120, role: 10_240 },
  versions: 5,
  policiesOfAccount: 1500,
  rolesOfAccount: 5000,
  attached: { user: 10, group: 10, role: 10 },
} as const;

/** `quota`: in AWS's word, `PolicySize`. */
export function quotaExceeded(quota: string, limit: number): StorageError {
  return new StorageError('LimitExceeded', { message: `Cannot exceed quota for ${quota}: ${limit}` });
}
