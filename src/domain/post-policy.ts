import { StorageError } from './errors.ts';
import { parseStrictJson, type StrictJson } from './policy/json-strict.ts';
import { quoted } from './policy/malformed-policy.ts';
import { parsePolicyDate } from './policy/policy-date.ts';

/**
 * What a browser form may upload: the signed document in its field `policy`
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html).
 */
export interface PostPolicy {
  /** Milliseconds since the epoch. */
  readonly expiration: number;
  readonly conditions: readonly PostCondition[];
  /** What all its content-length-range conditions allow together. */
  readonly sizes: SizeRange;
}

/** What one field of the form must be, or begin with. */
export interface PostCondition {
  readonly match: 'eq' | 'starts-with';
  /** In lower case: fields are matched without regard to case. */
  readonly field: string;
  readonly value: string;
}

/** How many bytes a file may have, both ends included. */
export interface SizeRange {
  readonly min: number;
  readonly max: number;
}

export const anySize: SizeRange = { min: 0, max: Number.POSITIVE_INFINITY };

/** The values of a form's fields by lower-case name, with variables replaced, and of the bucket that it was sent to. */
export type PostFields = ReadonlyMap<string, string>;

/**
 * Fields that no condition need speak of: those of the signature, the file, and what the page keeps for itself. S3's
 * documentation ends there; its checksums are added because they depend on the file, which who signs the policy does not
 * know, and because they can only make an upload fail. (ceph's s3-tests send one that no condition names.)
 */
const uncovered = /^(?:file|policy|signature|awsaccesskeyid|x-amz-signature|x-ignore-.*|x-amz-checksum-.*)$/s;

/** Reads a policy document. Throws InvalidPolicyDocument for everything that S3 does not define: nothing is ignored. */
export function parsePostPolicy(text: string): PostPolicy {
  const document = parseDocument(text);
  for (const name of document.keys()) {
    if (name !== 'expiration' && name !== 'conditions') throw invalid(`Unexpected: '${quoted(name)}'`);
  }
  const expiration = parseExpiration(document.get('expiration'));
  const list = document.get('conditions');
  if (list === undefined) throw invalid('Policy missing conditions.');
  if (!isList(list)) throw invalid("Invalid 'conditions' value: must be a List.");
  const conditions: PostCondition[] = [];
  let sizes = anySize;
  for (const item of list) {
    const condition = parseCondition(item);
    if ('min' in condition) {
      sizes = { min: Math.max(sizes.min, condition.min), max: Math.min(sizes.max, condition.max) };
    } else conditions.push(condition);
  }
  return { expiration, conditions, sizes };
}

/**
 * Throws AccessDenied unless the policy is still good, all its conditions hold, and every field is spoken of by one. The
 * bucket counts as a field: else a form made for one bucket would open every other one of its signer's.
 */
export function checkPostPolicy(policy: PostPolicy, fields: PostFields, now: number): void {
  if (now >= policy.expiration) throw denied('Policy expired.');
  const covered = new Set<string>();
  for (const condition of policy.conditions) {
    covered.add(condition.field);
    if (!holds(condition, fields.get(condition.field))) {
      throw denied(`Policy Condition failed: ${describe(condition)}`);
    }
  }
  const extra = [...fields.keys()].filter((name) => !covered.has(name) && !uncovered.test(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${quoted(extra.join(', '))}`);
}

/** Throws EntityTooLarge or EntityTooSmall. A file that is still growing can only become too large. */
export function checkPostedSize(size: number, { min, max }: SizeRange, progress: 'growing' | 'whole'): void {
  if (size > max) throw new StorageError('EntityTooLarge', { fields: { ProposedSize: size, MaxSizeAllowed: max } });
  if (progress === 'whole' && size < min) {
    throw new StorageError('EntityTooSmall', { fields: { ProposedSize: size, MinSizeAllowed: min } });
  }
}

/** Where any encryption may be asked for, none need be: the bucket has a default. (ceph's s3-tests sign such forms.) */
const mayBeLeftToBucket = /^x-amz-server-side-encryption/;

function holds({ match, field, value }: PostCondition, actual: string | undefined): boolean {
  if (actual === undefined) return match === 'starts-with' && value === '' && mayBeLeftToBucket.test(field);
  if (match === 'eq') return actual === value;
  // Commas make a list of a content type, each of which must begin like that.
  if (field === 'content-type') return actual.split(',').every((type) => type.trim().startsWith(value));
  return actual.startsWith(value);
}

function parseDocument(text: string): ReadonlyMap<string, StrictJson> {
  try {
    const document = parseStrictJson(withoutOwnEscapes(text.trim()));
    if (document instanceof Map) return document;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
  throw invalid('Invalid JSON.');
}

/** Policies may write `\$` for a dollar sign, and `\v`, neither of which is JSON. */
function withoutOwnEscapes(text: string): string {
  return text.replace(/\\(.)/gs, (pair, character: string) => {
    if (character === '$') return '$';
    return character === 'v' ? '\\u000b' : pair;
  });
}

function parseExpiration(value: StrictJson | undefined): number {
  if (value === undefined) throw invalid('Policy missing expiration.');
  const text = typeof value === 'string' ? value : '';
  const isComplete = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const moment = isComplete ? parsePolicyDate(text) : undefined;
  if (moment === undefined) throw invalid(`Invalid 'expiration' value: '${quoted(text)}'`);
  return moment;
}

function parseCondition(item: StrictJson): PostCondition | SizeRange {
  if (item instanceof Map) return parseSimpleCondition(item);
  if (!isList(item)) throw invalid('Invalid condition: a condition is an object or a list.');
  const [operator, first, second] = item;
  const name = typeof operator === 'string' ? operator.toLowerCase() : '';
  if (name !== 'eq' && name !== 'starts-with' && name !== 'content-length-range') {
    throw invalid(`Unknown operation in condition: '${quoted(typeof operator === 'string' ? operator : '')}'`);
  }
  if (item.length !== 3) throw invalid(`Invalid ${name} condition: wrong number of arguments.`);
  if (name === 'content-length-range') return { min: parseSize(first), max: parseSize(second) };
  if (typeof first !== 'string' || first.length < 2 || !first.startsWith('$') || typeof second !== 'string') {
    throw invalid(`Invalid ${name} condition: a field, behind a dollar sign, and its value must be strings.`);
  }
  return { match: name, field: first.slice(1).toLowerCase(), value: second };
}

function parseSimpleCondition(item: ReadonlyMap<string, StrictJson>): PostCondition {
  const [entry] = item;
  if (item.size !== 1 || entry === undefined) {
    throw invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.');
  }
  const [name, value] = entry;
  if (typeof value !== 'string') throw invalid('Invalid Simple-Condition: value must be a string.');
  return { match: 'eq', field: name.toLowerCase(), value };
}

/** A number of bytes, which makers of policies write as a string, too. */
function parseSize(value: StrictJson | undefined): number {
  const digits = typeof value === 'string' ? value : isNumber(value) ? value.digits : '';
  if (!/^\d{1,19}$/.test(digits)) throw invalid('Invalid content-length-range: must be two whole numbers of bytes.');
  return Number(digits);
}

function isList(value: StrictJson): value is readonly StrictJson[] {
  return Array.isArray(value);
}

function isNumber(value: StrictJson | undefined): value is { readonly digits: string } {
  return typeof value === 'object' && value !== null && 'digits' in value;
}

function describe({ match, field, value }: PostCondition): string {
  return quoted(JSON.stringify([match, `$${field}`, value]));
}

function invalid(reason: string): StorageError {
  return new StorageError('InvalidPolicyDocument', { message: `Invalid Policy: ${reason}` });
}

function denied(reason: string): StorageError {
  return new StorageError('AccessDenied', { message: `Invalid according to Policy: ${reason}` });
}
