import { StorageError } from '../../../domain/errors.ts';
import { parseIdentityArn } from '../../../domain/identity-arn.ts';
import { parsePolicy } from '../../../domain/policy/parse-policy.ts';
import type { PolicyDocument } from '../../../domain/policy/policy-document.ts';
import type { Tag } from '../../../domain/tagging.ts';
import type { CompiledIdentities } from '../compiled-identities.ts';
import type { Session } from './session-tokens.ts';

/** What whoever asks for a session gives with it, to leave less of what it could do. */
export interface Narrowing {
  /** The text of a policy. */
  readonly policy: string | undefined;
  /** ARNs of managed policies. */
  readonly policyArns: readonly string[];
}

export const noNarrowing: Narrowing = { policy: undefined, policyArns: [] };

/** What of a session its token has room for: a token goes with every request, in a header. */
type Packed = Pick<Session, 'policies' | 'policyArns' | 'tags' | 'transitiveTagKeys'>;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const longestPolicy = 2048;
/** Bytes of JSON that policies and tags may have together. */
const packedLimit = 8192;

/**
 * Reads the policies that a session is narrowed by; managed ones are AWS's, or of the account that the session acts in.
 * Throws MalformedPolicy, MalformedPolicyDocument and PackedPolicyTooLarge.
 */
export async function readNarrowing(
  identities: Pick<CompiledIdentities, 'managedPolicyText'>,
  accountId: string,
  { policy, policyArns }: Narrowing,
): Promise<Pick<Session, 'policies' | 'policyArns'>> {
  if (policy !== undefined) checkSessionPolicy(policy);
  for (const arn of policyArns) {
    const named = parseIdentityArn(arn);
    if (named?.kind !== 'policy') throw new StorageError('ValidationError', { message: `${arn} is no policy's ARN.` });
    const isWithinReach = named.accountId === 'aws' || named.accountId === accountId;
    if (!isWithinReach || (await identities.managedPolicyText(arn)) === undefined) {
      throw new StorageError('MalformedPolicyDocument', { message: `The policy ${arn} cannot be found.` });
    }
  }
  return { policies: policy === undefined ? [] : [policy], policyArns: [...new Set(policyArns)] };
}

function checkSessionPolicy(text: string): PolicyDocument {
  if (text.length > longestPolicy) {
    throw new StorageError('PackedPolicyTooLarge', {
      message: `A session policy has ${longestPolicy} characters at most.`,
    });
  }
  return parsePolicy(text, { kind: 'session' });
}

/**
 * How much of the room is taken, in percent; undefined where there is nothing to pack, as AWS leaves it out then. Throws
 * PackedPolicyTooLarge.
 */
export function packedSize({ policies, policyArns, tags, transitiveTagKeys = [] }: Packed): number | undefined {
  if (policies.length + policyArns.length + tags.length === 0) return undefined;
  const bytes = Buffer.byteLength(JSON.stringify([policies, policyArns, tags, transitiveTagKeys]));
  const percent = Math.ceil((100 * bytes) / packedLimit);
  if (percent <= 100) return percent;
  throw new StorageError('PackedPolicyTooLarge', {
    message: `The session policies and tags take ${percent} percent of the room that there is for them.`,
  });
}

/** Tags that a session is asked for with. */
export interface SessionTags {
  readonly tags: readonly Tag[];
  /** Keys of those that go on to the next role in a chain. */
  readonly transitiveTagKeys: readonly string[];
}

export const noTags: SessionTags = { tags: [], transitiveTagKeys: [] };

const mostTags = 50;

/**
 * The tags of a session: those asked for, and those that an earlier session of the chain hands on, which nobody may set
 * anew. Throws InvalidParameterValue and PackedPolicyTooLarge.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export function joinTags(
  { tags, transitiveTagKeys }: SessionTags,
  before: Pick<Session, 'tags' | 'transitiveTagKeys'> | undefined,
): SessionTags {
  const taken = new Set<string>();
  for (const { key } of tags) {
    const lower = key.toLowerCase();
    if (lower.startsWith('aws:')) throw invalidTag('Tag keys that begin with aws: are reserved.');
    if (taken.has(lower)) throw invalidTag('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    taken.add(lower);
  }
  for (const key of transitiveTagKeys) {
    if (!taken.has(key.toLowerCase())) {
      throw invalidTag(`The transitive tag key ${key} must be the key of one of the tags.`);
    }
  }
  const handedOn = new Set(before?.transitiveTagKeys?.map((key) => key.toLowerCase()));
  const inherited = before?.tags.filter(({ key }) => handedOn.has(key.toLowerCase())) ?? [];
  for (const { key } of inherited) {
    if (taken.has(key.toLowerCase())) throw invalidTag(`The tag ${key} is transitive, and cannot be set anew.`);
  }
  const all = [...inherited, ...tags];
  if (all.length > mostTags) {
    throw new StorageError('PackedPolicyTooLarge', { message: `A session has ${mostTags} tags at most.` });
  }
  return { tags: all, transitiveTagKeys: [...inherited.map(({ key }) => key), ...new Set(transitiveTagKeys)] };
}

function invalidTag(message: string): StorageError {
  return new StorageError('InvalidParameterValue', { message });
}
