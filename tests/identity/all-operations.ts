import { adminOperations } from '../../src/admin-api/admin-operations.ts';
import { iamOperations } from '../../src/iam-api/iam-operations.ts';
import { stsOperations } from '../../src/sts-api/sts-operations.ts';
import { adminRequests } from './requests/admin-requests.ts';
import { policyRequests } from './requests/policy-requests.ts';
import { stsRequests } from './requests/sts-requests.ts';
import { userRequests } from './requests/user-requests.ts';

export interface KnownOperation {
  readonly service: 'iam' | 'sts' | 'cairn';
  readonly name: string;
  readonly openTo: 'granted' | 'signed' | 'anyone';
  /** With which it is well-formed. */
  readonly parameters: Readonly<Record<string, string>>;
}

const apis = [
  { service: 'iam', operations: iamOperations, requests: { ...userRequests, ...policyRequests } },
  { service: 'sts', operations: stsOperations, requests: stsRequests },
  { service: 'cairn', operations: adminOperations, requests: adminRequests },
] as const;

/** Every action of the query protocol, with a request for it. */
export const allOperations: readonly KnownOperation[] = apis.flatMap(({ service, operations, requests }) => {
  const known: Readonly<Record<string, Readonly<Record<string, string>>>> = requests;
  return operations.map(({ name, openTo }) => ({ service, name, openTo, parameters: known[name] ?? {} }));
});

/** Those that only look. */
export const isReading = ({ name }: KnownOperation): boolean => /^(Get|List|Simulate|Explain|Decode)/.test(name);
