import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryApi } from '../wire/query/query-operation.ts';
import { iamNamespace, iamVersion } from './iam-operation.ts';
import { iamOperations } from './iam-operations.ts';

/** IAM as something that answers requests. */
export function iamApi(services: IdentityServices): QueryApi<IdentityServices> {
  return {
    service: 'iam',
    version: iamVersion,
    namespace: iamNamespace,
    operations: iamOperations,
    services,
    // A policy has 6,144 characters at most, which may be escaped threefold; so may its white space, which counts not.
    maximumBodyBytes: 262_144,
  };
}
