import type { Narrowing, SessionTags } from '../services/identity/sessions/session-limits.ts';
import { integer, list, required, structure, text, withDefault } from '../wire/query/parameters.ts';

/** Parameters that several actions have, with the limits that STS documents for them. */
export const roleArnText = text({ min: 20, max: 2048, pattern: '[\\x21-\\x7e]+' });
export const sessionName = text({ min: 2, max: 64, pattern: '[\\w+=,.@-]*' });
export const durationSeconds = ({ max }: { readonly max: number }) => integer({ min: 900, max });
/** Of a role: what the role lets nobody go beyond is asked when it is known. */
export const roleSeconds = durationSeconds({ max: 43_200 });
/** What its length may be is for the service to say. */
export const sessionPolicy = text({ min: 1, pattern: '[\\t\\n\\r\\u0020-\\u00ff]+' });
export const policyArns = list(structure({ arn: required(text({ min: 20, max: 2048 })) }), { max: 10 });
/** Neither by STS nor by anybody else. */
export const sourceIdentity = text({ min: 2, max: 64, pattern: '(?!aws:)[\\w+=,.@-]*' });
export const externalId = text({ min: 2, max: 1224, pattern: '[\\w+=,.@:/-]*' });
const tagKey = text({ min: 1, max: 128, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+' });
export const tags = list(
  structure({
    Key: required(tagKey),
    Value: withDefault(text({ max: 256, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*' }), ''),
  }),
  { max: 50 },
);
export const transitiveTagKeys = list(tagKey, { max: 50 });

export const narrowingParameters = { Policy: sessionPolicy, PolicyArns: policyArns };

export function narrowingIn(input: {
  readonly Policy: string | undefined;
  readonly PolicyArns: readonly { readonly arn: string }[];
}): Narrowing {
  return { policy: input.Policy, policyArns: input.PolicyArns.map(({ arn }) => arn) };
}

export function tagsIn(input: {
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly TransitiveTagKeys?: readonly string[];
}): SessionTags {
  return {
    tags: input.Tags.map(({ Key, Value }) => ({ key: Key, value: Value })),
    transitiveTagKeys: input.TransitiveTagKeys ?? [],
  };
}
