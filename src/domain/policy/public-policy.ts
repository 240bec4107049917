import { familyOf, isNegated } from './condition-operators.ts';
import { fixedBits, type IpNetwork, parseIpNetwork } from './ip-network.ts';
import type { ConditionClause, PolicyDocument, PolicyStatement } from './policy-document.ts';

/**
 * Whether S3 calls a bucket's policy public, for GetBucketPolicyStatus, BlockPublicPolicy and RestrictPublicBuckets: one
 * statement that allows something to no fixed set of requesters is enough
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of
 * public").
 */
export function isPublicPolicy(document: PolicyDocument): boolean {
  return document.statements.some(isPublicStatement);
}

/** The places of the public statements in a policy, from 0. */
export function publicStatements(document: PolicyDocument): readonly number[] {
  return document.statements.flatMap((statement, index) => (isPublicStatement(statement) ? [index] : []));
}

export function isPublicStatement(statement: PolicyStatement): boolean {
  return statement.effect === 'Allow' && !hasFixedPrincipals(statement) && !statement.conditions.some(limitsRequesters);
}

/** An identity provider vouches for anyone who signs up with it, hence is nobody in particular. */
function hasFixedPrincipals({ principals }: PolicyStatement): boolean {
  if (principals === undefined || principals.negated) return false;
  return principals.principals.every(({ kind }) => kind !== 'everyone' && kind !== 'federated');
}

/** The keys that tell requesters apart, with what makes one of their values a fixed one. */
const limitingKeys: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['aws:sourceip', isNarrowNetwork],
  ['aws:sourcearn', isFixed],
  ['aws:sourcevpc', isFixed],
  ['aws:sourcevpce', isFixed],
  ['aws:sourceowner', isFixed],
  ['aws:sourceaccount', isFixed],
  ['aws:principalorgid', isFixed],
  ['aws:userid', (value) => isFixed(value) && !/^ARO[^:]*:/.test(value)],
  ['s3:dataaccesspointarn', isAccessPointOfOneAccount],
  ['s3:dataaccesspointaccount', isFixed],
  ['s3:x-amz-server-side-encryption-aws-kms-key-id', isFixed],
]);

function limitsRequesters(clause: ConditionClause): boolean {
  // What an absent key fulfils, or a value other than the listed ones, limits nobody.
  if (clause.ifExists || clause.quantifier === 'for-all-values' || isNegated(clause.operator)) return false;
  const isFixedValue = limitingKeys.get(clause.key.toLowerCase());
  if (isFixedValue === undefined) return false;
  const family = familyOf(clause.operator);
  const isComparable = isFixedValue === isNarrowNetwork ? family === 'ip' : family === 'string' || family === 'arn';
  return isComparable && clause.values.every(isFixedValue);
}

function isFixed(value: string): boolean {
  return value !== '' && !/[*?]|\$\{/.test(value);
}

function isAccessPointOfOneAccount(value: string): boolean {
  return isFixed(value) || (/^arn:aws:s3:[^:]*:\d+:accesspoint\/[^:]+$/.test(value) && !value.includes('${'));
}

const widest: Readonly<Record<IpNetwork['address']['family'], number>> = { 4: 8, 6: 32 };

/** Ranges wider than /8 (IPv4) and /32 (IPv6) are called public. The private ranges of RFC 1918 are no wider. */
function isNarrowNetwork(value: string): boolean {
  const network = parseIpNetwork(value);
  return network !== undefined && fixedBits(network) >= widest[network.address.family];
}
