import type { IncomingMessage, ServerResponse } from 'node:http';
import { adminApi } from '../admin-api/admin-api.ts';
import { iamApi } from '../iam-api/iam-api.ts';
import type { S3Service } from '../s3/s3-service.ts';
import {
  type IdentityFoundation,
  type IdentityServices,
  identityServices,
} from '../services/identity/identity-services.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { stsApi } from '../sts-api/sts-api.ts';
import { queryServiceOf } from '../wire/query/query-routing.ts';
import { QueryService } from '../wire/query/query-service.ts';

export interface Protocols {
  readonly identity: IdentityServices;
  /** Answers a request in whatever protocol it is. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** S3, and beside it on the same port IAM, STS and Cairn's own service, which the signature tells apart. */
export function serveProtocols(
  s3: S3Service,
  { logger, metadata, clock, random }: ServiceContext,
  reached: Pick<IdentityFoundation, 'guard' | 'directory' | 'exchange'>,
): Protocols {
  const { query } = s3;
  const { authorization, identity, region, configurations } = query;
  const services = identityServices({
    metadata,
    clock,
    random,
    logger,
    identity,
    authorization,
    region,
    configurations,
    ...reached,
  });
  const apis = {
    iam: new QueryService(iamApi(services), query.context),
    sts: new QueryService(stsApi(services), query.context),
    cairn: new QueryService(adminApi(services), query.context),
  };
  return {
    identity: services,
    handle(request, response) {
      const service = queryServiceOf(request, query.isOfBucket);
      if (service === undefined) return s3.handle(request, response);
      apis[service].handle(request, response).catch((error: unknown) => {
        logger.error({ err: error }, 'a request could not be answered');
        response.destroy();
      });
    },
  };
}
