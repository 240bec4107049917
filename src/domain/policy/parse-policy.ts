import { checkBucketStatement } from './bucket-statement.ts';
import { parseStrictJson, type StrictJson } from './json-strict.ts';
import { malformedPolicy, quoted } from './malformed-policy.ts';
import { parseStatement } from './parse-statement.ts';
import type { PolicyDocument, PolicyKind, PolicyStatement, PolicyVersion } from './policy-document.ts';

/** What a policy is to be put on. A bucket's policy may speak of that bucket alone. */
export type PolicyPlace =
  | { readonly kind: 'bucket'; readonly bucket: string }
  | { readonly kind: Exclude<PolicyKind, 'bucket'> };

/** S3's limit for bucket policies, in bytes of UTF-8 without the white space between tokens; here for all kinds. */
export const policySizeLimit = 20_480;
/** More white space than this is not even looked at. */
const writtenSizeLimit = 8 * policySizeLimit;

const documentFields: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement']);
// A string that does not end is taken as far as it goes: to begin anew at each of its quotes would take quadratic time.
const stringOrSpace = /("(?:[^"\\]|\\.)*"?)|[ \t\r\n]+/g;

/** The text of a policy without the white space between its tokens, which no limit counts. */
export function compactPolicy(text: string): string {
  return text.replaceAll(stringOrSpace, (_, string?: string) => string ?? '');
}

/**
 * Reads a policy and checks all of it, so that what is accepted can be evaluated without doubt. Throws MalformedPolicy,
 * in S3's words where they are known. Whether the principals exist is for the caller to see (`principalsNamedBy`), as
 * are the smaller limits of IAM.
 */
export function parsePolicy(text: string, place: PolicyPlace): PolicyDocument {
  checkSize(text);
  const root = parseStrictJson(text);
  if (!(root instanceof Map)) throw malformedPolicy('This policy contains invalid Json');
  for (const name of root.keys()) {
    if (!documentFields.has(name)) throw malformedPolicy(`Unknown field ${quoted(name)}`);
  }
  const version = parseVersion(root.get('Version'));
  const id = parseId(root.get('Id'));
  const statements = parseStatements(root.get('Statement'), place.kind, version);
  if (place.kind === 'bucket')
    for (const statement of statements) checkBucketStatement(statement, place.bucket, version);
  return { kind: place.kind, version, ...(id === undefined ? {} : { id }), statements };
}

function checkSize(text: string): void {
  if (Buffer.byteLength(text) <= policySizeLimit) return;
  const isTooLarge = text.length > writtenSizeLimit || Buffer.byteLength(compactPolicy(text)) > policySizeLimit;
  if (!isTooLarge) return;
  throw malformedPolicy(`Normalized policy document exceeds the maximum allowed size of ${policySizeLimit} bytes`);
}

function parseVersion(value: StrictJson | undefined): PolicyVersion {
  if (value === undefined) return '2008-10-17';
  if (value !== '2012-10-17' && value !== '2008-10-17') {
    throw malformedPolicy('The policy must contain a valid version string');
  }
  return value;
}

function parseId(value: StrictJson | undefined): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw malformedPolicy('Invalid policy syntax : Id');
  return value;
}

function parseStatements(value: StrictJson | undefined, kind: PolicyKind, version: PolicyVersion): PolicyStatement[] {
  if (value === undefined) throw malformedPolicy('Missing required field Statement');
  const written = Array.isArray(value) ? value : [value];
  if (written.length === 0) throw malformedPolicy('Could not parse the policy: Statement is empty!');
  const sids = new Set<string>();
  return written.map((one) => {
    const statement = parseStatement(one, kind, version);
    if (statement.sid !== undefined) {
      if (sids.has(statement.sid)) {
        throw malformedPolicy(`Statement IDs (SID) in a single policy must be unique : ${quoted(statement.sid)}`);
      }
      sids.add(statement.sid);
    }
    return statement;
  });
}
