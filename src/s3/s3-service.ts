import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DefaultEncryption } from '../domain/encryption.ts';
import { type ErrorKind, StorageError } from '../domain/errors.ts';

import { websiteBucketOf } from '../domain/website-hosts.ts';
import type { QueryEngine } from '../engines/query/query-engine.ts';
import type { Random } from '../foundation/random.ts';
import { AnnotationService } from '../services/annotations/annotation-service.ts';
import { AuthorizationService } from '../services/authorization/authorization-service.ts';
import { BucketPolicies } from '../services/authorization/bucket-policies.ts';
import type { RefusalWatch } from '../services/authorization/refusals.ts';
import { BucketService } from '../services/buckets/bucket-service.ts';
import { BucketSettings } from '../services/buckets/bucket-settings.ts';
import { encryptionOf } from '../services/encryption/encryption-of.ts';
import { LiveEvents } from '../services/events/live-events.ts';
import { NotificationService } from '../services/events/notification-service.ts';
import type { AttemptLimiter } from '../services/identity/attempts/attempt-limiter.ts';
import type { IdentityService } from '../services/identity/identity-service.ts';
import type { LastUseLog } from '../services/identity/last-use/last-use-log.ts';
import type { BucketConfigurations } from '../services/identity-transfer/bucket-configurations.ts';
import { ObjectService } from '../services/objects/object-service.ts';
import type { AllowanceSource } from '../services/rate-limits/allowances.ts';
import { RateLimiter } from '../services/rate-limits/rate-limiter.ts';
import { ReplicationService } from '../services/replication/replication-service.ts';
import { SelectService } from '../services/select/select-service.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { UploadService } from '../services/uploads/upload-service.ts';
import type { OutcomeSubscriber } from '../telemetry/outcome.ts';
import { bucketFromHost } from '../wire/address.ts';
import { AuthorizationHeaders } from '../wire/authentication/authorization-header.ts';
import { createIdleWatch } from '../wire/authentication/idle-watch.ts';
import { createSignerCache } from '../wire/authentication/signing-key.ts';
import { trustedProxies } from '../wire/client-address.ts';
import { DocumentBudget } from '../wire/document-budget.ts';
import type { QueryContext } from '../wire/query/query-service.ts';
import { hostOf } from '../wire/read-head.ts';
import { bucketConfigurations } from './bucket-configurations.ts';
import { errorCatalogue } from './error-catalogue.ts';
import { errorDocument } from './error-document.ts';
import { operations } from './operations/index.ts';
import { handleRequest, type PipelineContext } from './pipeline.ts';
import { createRouter } from './routing/router.ts';
import type { S3Services } from './s3-services.ts';
import { handleWebsiteRequest } from './website/website-pipeline.ts';

export interface S3Settings {
  readonly region: string;
  /** Host names whose sub-domains are buckets. */
  readonly domains: readonly string[];
  /** Host names that are websites of buckets; see the setting. */
  readonly websiteDomains: readonly string[];
  /** Addresses and networks of proxies whose word on the client's address counts. */
  readonly trustedProxies: readonly string[];
  /** How open a new bucket is; see the setting. */
  readonly newBuckets: 'classic' | 'strict';
  /** How a new bucket encrypts; left out: not at all. */
  readonly defaultEncryption?: DefaultEncryption | undefined;
  /** Left out: keys of customers come by TLS alone. */
  readonly sseCOverHttp?: boolean | undefined;
  readonly sigV2: boolean;
  /** The largest XML document that is read, in bytes. */
  readonly maximumDocumentBytes: number;
  /** How long a client may stand still while it sends a body. */
  readonly bodyTimeoutMilliseconds: number;
  /** How long a query of SelectObjectContent may run; 0: as long as it takes. */
  readonly longestSelectMilliseconds: number;
  /** After which a stream of live events ends: whoever opens it again is weighed again. */
  readonly longestStreamMilliseconds?: number;
}

export interface S3Dependencies {
  readonly settings: S3Settings;
  readonly context: ServiceContext;
  readonly identity: IdentityService;
  /** What runs SQL over objects. */
  readonly queries: QueryEngine;
  /** Where allowances are kept of whoever has limits. */
  readonly allowances: AllowanceSource;
  readonly nextRequestId: () => string;
  readonly onOutcome: OutcomeSubscriber;
  /** Who wants to know why requests are refused; left out: nobody. */
  readonly refusals?: RefusalWatch | undefined;
  /** See `AuthenticationContext`. */
  readonly attempts?: AttemptLimiter | undefined;
  readonly lastUse?: LastUseLog | undefined;
}

/** The S3 API as something that answers requests. */
export interface S3Service {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** What the other services on the same port share with this one: the gate, signatures, limits. */
  readonly query: SharedByServices;
  /** Ends streams that would go on for as long as somebody listens: the process is about to stop. */
  endStreams(): void;
  /** An error document, for failures that happen before there is a request to answer. */
  renderError(
    kind: ErrorKind,
    requestId: string,
  ): { readonly status: number; readonly body: string; readonly hostId: string };
}

export interface SharedByServices {
  readonly identity: IdentityService;
  readonly authorization: AuthorizationService;
  readonly region: string;
  readonly context: QueryContext;
  /** What buckets are configured with, for export and import. */
  readonly configurations: BucketConfigurations;
  /** Whether the host is a bucket's, or its website's: who sends an unsigned request there means the bucket. */
  isOfBucket(request: IncomingMessage): boolean;
}

export function createS3Service(dependencies: S3Dependencies): S3Service {
  const { settings, context, identity } = dependencies;
  const { clock, random, logger } = context;
  const hostId = makeHostId(random);
  const pipeline: PipelineContext = {
    services: composeServices(dependencies),
    router: createRouter(operations),
    authentication: {
      clock,
      region: settings.region,
      requiredService: 's3',
      sigV2: settings.sigV2,
      signers: createSignerCache(),
      headers: new AuthorizationHeaders(),
      findCredential: (accessKeyId, token) => identity.findCredential(accessKeyId, token),
      attempts: dependencies.attempts,
      lastUse: dependencies.lastUse,
    },
    addressing: { domains: settings.domains, proxies: trustedProxies(settings.trustedProxies) },
    limits: {
      idle: createIdleWatch({ clock, idleMilliseconds: settings.bodyTimeoutMilliseconds }),
      maximumDocumentBytes: settings.maximumDocumentBytes,
      documents: new DocumentBudget(documentsAtOnce * settings.maximumDocumentBytes),
    },
    rates: new RateLimiter(dependencies.allowances, clock),
    clock,
    logger,
    hostId,
    nextRequestId: dependencies.nextRequestId,
    onOutcome: dependencies.onOutcome,
    refusals: dependencies.refusals,
  };
  const { authorization } = pipeline.services;
  const { region } = settings;
  const { authentication, addressing, limits, rates } = pipeline;
  const { nextRequestId, onOutcome, refusals } = dependencies;
  const shared = {
    authorization,
    addressing,
    limits,
    rates,
    clock,
    logger,
    hostId,
    nextRequestId,
    onOutcome,
    refusals,
  };
  return {
    query: {
      identity,
      authorization,
      region,
      isOfBucket(request) {
        const host = hostOf(request);
        if (settings.websiteDomains.length > 0 && websiteBucketOf(host, settings) !== undefined) return true;
        const bucket = bucketFromHost(host.toLowerCase(), settings.domains);
        return bucket !== undefined && bucket !== 'iam' && bucket !== 'sts';
      },
      configurations: bucketConfigurations(pipeline),
      // IAM and STS are one service over all regions of AWS's, which is found in `us-east-1`.
      context: {
        ...shared,
        // Their bodies are read before it is known who has sent them: S3's are not to wait for that.
        limits: { ...limits, documents: new DocumentBudget(queryDocumentBytes) },
        authentication: { ...authentication, otherRegion: 'us-east-1', sigV2: false },
      },
    },
    handle(request, response) {
      const exchange = { request, response, expectsContinue: expectsContinue(request) };
      const site = settings.websiteDomains.length === 0 ? undefined : websiteBucketOf(hostOf(request), settings);
      const handled =
        site === undefined ? handleRequest(pipeline, exchange) : handleWebsiteRequest(pipeline, exchange, site);
      handled.catch((error: unknown) => {
        logger.error({ err: error }, 'a request could not be answered');
        response.destroy();
      });
    },
    endStreams: () => pipeline.services.liveEvents.close(),
    renderError: (kind, requestId) => ({
      status: errorCatalogue[kind].status,
      body: errorDocument(new StorageError(kind), { resource: '/', requestId, hostId }),
      hostId,
    }),
  };
}

/** By Node's own rule, or Node would send `100 Continue` by itself. HTTP/1.0 knows no such answer (RFC 9110, 10.1.1). */
function expectsContinue({ headers, httpVersionMajor, httpVersionMinor }: IncomingMessage): boolean {
  if (headers.expect === undefined || httpVersionMajor !== 1 || httpVersionMinor !== 1) return false;
  return /(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect);
}

function composeServices({ settings, context, identity, queries }: S3Dependencies): S3Services {
  const buckets = new BucketService(context);
  const bucketSettings = new BucketSettings(context);
  const policies = new BucketPolicies(bucketSettings);
  const objects = new ObjectService(context);
  const uploads = new UploadService(context);
  return {
    buckets,
    bucketSettings,
    policies,
    objects,
    uploads,
    annotations: new AnnotationService(context),
    select: new SelectService(queries, {
      clock: context.clock,
      longestMilliseconds: settings.longestSelectMilliseconds,
    }),
    notifications: new NotificationService(context, bucketSettings),
    liveEvents: new LiveEvents(
      context,
      { settings: bucketSettings, buckets },
      { longestMilliseconds: settings.longestStreamMilliseconds ?? streamMilliseconds },
    ),
    replication: new ReplicationService(context, { buckets, settings: bucketSettings }),
    identity,
    authorization: new AuthorizationService({
      buckets,
      settings: bucketSettings,
      policies,
      objects,
      uploads,
      identity,
    }),
    clock: context.clock,
    random: context.random,
    region: settings.region,
    newBuckets: settings.newBuckets,
    encryption: encryptionOf(context),
    defaultEncryption: settings.defaultEncryption,
    sseCOverHttp: settings.sseCOverHttp ?? false,
  };
}

const streamMilliseconds = 600_000;

/** As many of the largest documents as a process may hold. */
const documentsAtOnce = 8;
/** The same of IAM, STS and Cairn's own service. */
const queryDocumentBytes = 67_108_864;

function makeHostId(random: Random): string {
  return random.bytes(48).toString('base64');
}
