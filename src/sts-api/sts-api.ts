import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryApi } from '../wire/query/query-operation.ts';
import { stsNamespace, stsVersion } from './sts-operation.ts';
import { stsOperations } from './sts-operations.ts';

/** STS as something that answers requests. */
export function stsApi(services: IdentityServices): QueryApi<IdentityServices> {
  return {
    service: 'sts',
    version: stsVersion,
    namespace: stsNamespace,
    operations: stsOperations,
    services,
    maximumBodyBytes: 262_144,
  };
}
