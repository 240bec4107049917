import type { IdentityServices } from '../services/identity/identity-services.ts';
import { resourceTagConditions } from '../services/identity/resource-tags.ts';
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
    resourceConditions: (grants, { account }) => resourceTagConditions(services.metadata, account.accountId, grants),
    // A policy has 6,144 characters at most, which may be escaped threefold; so may its white space, which counts not.
    refusesSessions: true,
    maximumBodyBytes: 262_144,
  };
}
