import { StorageError } from '../../../domain/errors.ts';
import { type IdentityArn, parseIdentityArn, policyArn } from '../../../domain/identity-arn.ts';
import type { ManagedPolicyRecord } from '../../../records/managed-policy-record.ts';
import type { RecordReader } from '../../../records/record-type.ts';
import { awsManagedPolicies, awsPolicyRecord } from '../aws-managed-policies.ts';
import { managedPolicies } from '../entity-table.ts';

/** Throws InvalidInput for what is no ARN of a policy. */
export function parsePolicyArn(arn: string): IdentityArn {
  const named = parseIdentityArn(arn);
  if (named?.kind === 'policy') return named;
  throw new StorageError('InvalidInput', { message: `ARN ${arn} is not valid.` });
}

/** An account's policy, or one of AWS's, by its ARN as it is spelt. Throws InvalidInput. */
export async function findPolicy(reader: RecordReader, arn: string): Promise<ManagedPolicyRecord | undefined> {
  const named = parsePolicyArn(arn);
  const aws = awsManagedPolicies.get(arn);
  if (aws) return awsPolicyRecord(aws);
  const record = await managedPolicies.findByName(reader, named.accountId, named.name);
  // Names are found whatever their case and path; what is counted and attached goes by the one spelling.
  return record && policyArn(record) === arn ? record : undefined;
}

/** Throws InvalidInput, NoSuchEntity. */
export async function requirePolicy(reader: RecordReader, arn: string): Promise<ManagedPolicyRecord> {
  const record = await findPolicy(reader, arn);
  if (record) return record;
  throw new StorageError('NoSuchEntity', { message: `Policy ${arn} was not found.` });
}

/**
 * That a policy may be attached to something of the account: its own, or AWS's. Read in the commit, so that one of this
 * and the policy's removal at the same moment runs again. Throws InvalidInput, NoSuchEntity.
 */
export async function requireAttachable(reader: RecordReader, accountId: string, arn: string): Promise<void> {
  const named = parsePolicyArn(arn);
  const isWithin = named.accountId === accountId || named.accountId === 'aws';
  if (isWithin && (await findPolicy(reader, arn))) return;
  throw new StorageError('NoSuchEntity', { message: `Policy ${arn} does not exist or is not attachable.` });
}
