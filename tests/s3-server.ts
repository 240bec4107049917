import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { DefaultEncryption } from '../src/domain/encryption.ts';
import type { DeliveryLimits } from '../src/domain/events/delivery-pace.ts';
import { memoryBlobEngine } from '../src/engines/blobs/memory/memory-blob-engine.ts';
import type { KeyVault } from '../src/engines/key-vault/key-vault.ts';
import { memoryMetadataEngine } from '../src/engines/metadata/memory/memory-metadata-engine.ts';
import { duckDbQueryEngine } from '../src/engines/query/duckdb/duckdb-query-engine.ts';
import { type Clock, systemClock } from '../src/foundation/clock.ts';
import type { Logger } from '../src/foundation/logger.ts';
import { type Random, systemRandom } from '../src/foundation/random.ts';
import { createListener } from '../src/http/listener.ts';
import { requestIds } from '../src/http/request-id.ts';
import { serveProtocols } from '../src/processes/serve-protocols.ts';
import { createS3Service } from '../src/s3/s3-service.ts';
import { AccessLogSpool } from '../src/services/access-logs/access-log-spool.ts';
import { deliverAccessLogs } from '../src/services/access-logs/deliver-access-logs.ts';
import { BucketPolicies } from '../src/services/authorization/bucket-policies.ts';
import { BucketService } from '../src/services/buckets/bucket-service.ts';
import { BucketSettings } from '../src/services/buckets/bucket-settings.ts';
import type { ChangeSubscriber } from '../src/services/changes/object-change.ts';
import { InlineRooms } from '../src/services/content/inline-rooms.ts';
import { reclaimDue } from '../src/services/content/reclaim.ts';
import { EncryptionService } from '../src/services/encryption/encryption-service.ts';
import { EventDelivery } from '../src/services/events/event-delivery.ts';
import { eventOutbox } from '../src/services/events/event-outbox.ts';
import { EventTargets } from '../src/services/events/event-targets.ts';
import { openTarget } from '../src/services/events/targets/open-target.ts';
import type { AttemptLimiter } from '../src/services/identity/attempts/attempt-limiter.ts';
import type { DirectorySettings } from '../src/services/identity/directory-identity/directory-settings.ts';
import { type AccessKeyPair, IdentityService } from '../src/services/identity/identity-service.ts';
import type { IdentityServices } from '../src/services/identity/identity-services.ts';
import { LastUseLog } from '../src/services/identity/last-use/last-use-log.ts';
import { SecretBox } from '../src/services/identity/secret-box.ts';
import { placementSubscriber } from '../src/services/lifecycle/queue-placement.ts';
import { ObjectService } from '../src/services/objects/object-service.ts';
import { outboundGuard } from '../src/services/outbound/outbound-guard.ts';
import { AllowanceLedger } from '../src/services/rate-limits/allowances.ts';
import { RefusalJournal } from '../src/services/refusals/refusal-journal.ts';
import { RemoteService } from '../src/services/replication/remote-service.ts';
import { ReplicationSubscriber } from '../src/services/replication/replication-subscriber.ts';
import { Replicator } from '../src/services/replication/replicator.ts';
import { continueResyncs } from '../src/services/replication/resync.ts';
import type { ServiceContext } from '../src/services/service-context.ts';
import { bucketLogs } from '../src/telemetry/bucket-logs.ts';
import type { Outcome } from '../src/telemetry/outcome.ts';

export interface TestServerOptions {
  readonly clock?: Clock;
  readonly domains?: readonly string[];
  readonly trustedProxies?: readonly string[];
  readonly websiteDomains?: readonly string[];
  readonly region?: string;
  readonly sigV2?: boolean;
  readonly newBuckets?: 'classic' | 'strict';
  readonly defaultEncryption?: DefaultEncryption;
  /** Left out: no keys of customers are taken, for there is no TLS here. */
  readonly sseCOverHttp?: boolean;
  /** Where keys of SSE-KMS are made. */
  readonly vault?: KeyVault;
  readonly inlineBytes?: number;
  /** Engines of the test's own, such as ones that fail. */
  readonly engines?: Partial<Pick<ServiceContext, 'metadata' | 'blobs' | 'coldBlobs'>>;
  readonly bodyTimeoutMilliseconds?: number;
  readonly headerTimeoutMilliseconds?: number;
  readonly keepAliveMilliseconds?: number;
  /** How long somebody may listen to live events. Short where nothing is said, so that every operation has an end. */
  readonly longestStreamMilliseconds?: number;
  /** How long a query may run; left out: as long as it takes. */
  readonly longestSelectMilliseconds?: number;
  /** Networks, beside the public ones, that events may be sent to. */
  readonly outboundAllow?: readonly string[];
  /** Where people are looked up who sign in by LDAP. */
  readonly directory?: DirectorySettings;
  /** Whether refused requests are kept for who asks why. Left out: nothing is written of them. */
  readonly keepsRefusals?: boolean;
  /** Whether it is kept when keys were used last. Left out: nothing is written of it. */
  readonly keepsLastUse?: boolean;
  /** What slows those who guess; left out: nobody is slowed. */
  readonly attempts?: AttemptLimiter;
}

/** A whole S3 server in this process, over memory engines that answer late and conflict, on a port of its own. */
export interface TestServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly root: AccessKeyPair;
  readonly context: ServiceContext;
  readonly identity: IdentityService;
  /** What the operations of IAM and STS use. */
  readonly identities: IdentityServices;
  readonly outcomes: Outcome[];
  /** Errors that the server logged: a test that expects none may look. */
  readonly errors: unknown[];
  client(config?: S3ClientConfig): S3Client;
  /** A client of a new account. */
  stranger(name?: string): Promise<S3Client>;
  reclaim(): Promise<void>;
  readonly eventTargets: EventTargets;
  /** Delivers events until the signal says that it is enough; limits of the test's own may be given. */
  deliverEvents(signal: AbortSignal, limits?: Partial<DeliveryLimits>): Promise<void>;
  readonly remotes: RemoteService;
  /** Replicates what waits, until nothing is left but what destinations do not take. */
  replicate(): Promise<void>;
  /** Makes objects of what is to be logged so far; answers how many. */
  deliverAccessLogs(): Promise<number>;
  readonly refusals: RefusalJournal;
  /** Stores what there is to keep of refusals, and of when keys were used last. */
  settle(): Promise<void>;
}

/** The system's time, with timers that let a test's process end: the watch on idle bodies would hold it for seconds. */
const idleClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref()),
};

/** Conflicts must not make a test depend on luck: the same numbers in each run. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  return {
    bytes(length) {
      const blocks: Buffer[] = [];
      for (let filled = 0; filled < length; filled += 32) {
        blocks.push(createHash('sha256').update(`${seed}/${counter++}`).digest());
      }
      return Buffer.concat(blocks).subarray(0, length);
    },
  };
}

export async function startS3Server(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? idleClock;
  const random = systemRandom();
  const errors: unknown[] = [];
  const logger: Logger = { debug() {}, info() {}, warn() {}, error: (fields) => errors.push(fields.err ?? fields) };
  const parts: ServiceContext = {
    metadata:
      options.engines?.metadata ??
      memoryMetadataEngine({ lateAnswers: true, conflictRate: 0.1, random: seededRandom('conflicts') }),
    blobs: options.engines?.blobs ?? memoryBlobEngine({ clock }),
    clock,
    random,
    logger,
    storage: { inlineBytes: options.inlineBytes ?? 65_536, reclaimGraceMilliseconds: 0 },
    inlineRooms: new InlineRooms(options.inlineBytes ?? 65_536),
    coldBlobs: options.engines?.coldBlobs,
    subscribers: [...(options.engines?.coldBlobs ? [placementSubscriber] : [])],
  };
  const recording = eventOutbox(new BucketSettings(parts));
  (parts.subscribers as ChangeSubscriber[]).push(recording);
  (parts.subscribers as ChangeSubscriber[]).push(new ReplicationSubscriber(new BucketSettings(parts)));
  const masterKey = Buffer.alloc(32, 7);
  const keys = {
    secrets: new SecretBox(masterKey, random),
    region: options.region ?? 'us-east-1',
    vault: options.vault,
  };
  const context: ServiceContext = { ...parts, encryption: new EncryptionService({ ...parts, ...keys }) };
  const identity = new IdentityService({
    metadata: context.metadata,
    clock,
    random,
    secrets: new SecretBox(masterKey, random),
  });
  const eventTargets = new EventTargets({ ...context, secrets: new SecretBox(masterKey, random) });
  const remotes = new RemoteService(context, new SecretBox(masterKey, random));
  const root = { accessKeyId: 'root-key', secretAccessKey: 'root-secret-for-tests' };
  await identity.ensureRoot(root);
  const outcomes: Outcome[] = [];
  let begun = 0;
  let told = 0;
  const spool = new AccessLogSpool(context);
  const toBucketLogs = bucketLogs(spool);
  const bodyTimeoutMilliseconds = options.bodyTimeoutMilliseconds ?? 60_000;
  const refusals = new RefusalJournal(context, { keepMilliseconds: 86_400_000 });
  const lastUse = new LastUseLog({
    ...context,
    sessionOf: (principal) => identity.credentials.sessionOf(principal),
  });
  const service = createS3Service({
    settings: {
      region: options.region ?? 'us-east-1',
      domains: options.domains ?? [],
      websiteDomains: options.websiteDomains ?? [],
      trustedProxies: options.trustedProxies ?? [],
      newBuckets: options.newBuckets ?? 'classic',
      defaultEncryption: options.defaultEncryption,
      sseCOverHttp: options.sseCOverHttp,
      sigV2: options.sigV2 ?? false,
      maximumDocumentBytes: 8 * 1024 * 1024,
      bodyTimeoutMilliseconds,
      longestStreamMilliseconds: options.longestStreamMilliseconds ?? 50,
      longestSelectMilliseconds: options.longestSelectMilliseconds ?? 0,
    },
    context,
    identity,
    queries: duckDbQueryEngine({ directory: tmpdir(), memoryDirectory: tmpdir(), logger, clock: systemClock }),
    allowances: new AllowanceLedger(clock),
    nextRequestId: requestIds(random),
    onOutcome(outcome) {
      outcomes.push(outcome);
      told++;
      toBucketLogs(outcome);
    },
    refusals: options.keepsRefusals ? refusals : undefined,
    lastUse: options.keepsLastUse ? lastUse : undefined,
    attempts: options.attempts,
  });
  const protocols = serveProtocols(service, context, {
    guard: outboundGuard(options.outboundAllow ?? ['127.0.0.0/8']),
    directory: options.directory,
  });
  const listener = createListener({
    listener(request, response) {
      begun++;
      protocols.handle(request, response);
    },
    probes: {
      ready: async () => {},
      metrics: async () => ({ contentType: 'text/plain', body: '' }),
      metricsToken: undefined,
      domains: [],
      websiteDomains: options.websiteDomains ?? [],
    },
    nextRequestId: requestIds(random),
    renderError: service.renderError,
    limits: {
      maxHeaderBytes: 32_768,
      headerTimeoutMilliseconds: options.headerTimeoutMilliseconds ?? 20_000,
      bodyTimeoutMilliseconds,
      keepAliveMilliseconds: options.keepAliveMilliseconds ?? 75_000,
    },
    tls: undefined,
    logger,
  });
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${port}`;
  const clients: S3Client[] = [];
  const makeClient = (credentials: AccessKeyPair, config: S3ClientConfig = {}) => {
    const client = new S3Client({
      endpoint: url,
      region: options.region ?? 'us-east-1',
      forcePathStyle: true,
      credentials,
      maxAttempts: 1,
      ...config,
    });
    clients.push(client);
    return client;
  };
  return {
    host: `127.0.0.1:${port}`,
    port,
    url,
    root,
    context,
    identity,
    identities: protocols.identity,
    eventTargets,
    async deliverEvents(signal, limits = {}) {
      const delivery = new EventDelivery(context, {
        targets: eventTargets,
        settings: new BucketSettings(context),
        open: openTarget,
        guard: outboundGuard(options.outboundAllow ?? ['127.0.0.0/8']),
        limits: { tries: 100, waitMilliseconds: 3_600_000, waiting: 100_000, dead: 100_000, ...limits },
        timeoutMilliseconds: 5000,
      });
      await delivery.run({ signal, ending: signal, watch: { count() {}, stand() {} } });
      await delivery.close();
    },
    remotes,
    async replicate() {
      const settings = new BucketSettings(context);
      const guard = outboundGuard(options.outboundAllow ?? ['127.0.0.0/8']);
      const services = {
        buckets: new BucketService(context),
        settings,
        objects: new ObjectService(context),
        remotes,
        guard,
      };
      const replicator = new Replicator(context, services, { bytesPerSecond: 0 });
      const { signal } = new AbortController();
      while (await continueResyncs(context, services));
      await replicator.drain(signal, { progress() {}, count() {} });
      replicator.close();
    },
    outcomes,
    errors,
    client: (config) => makeClient(root, config),
    async stranger(name = 'stranger') {
      await identity.createAccount({ name });
      return makeClient(await identity.createAccessKey({ account: name }));
    },
    async deliverAccessLogs() {
      // An outcome is told a moment after the client has its answer.
      while (told < begun) await nextTurn();
      await spool.flush();
      const settings = new BucketSettings(context);
      const services = {
        buckets: new BucketService(context),
        objects: new ObjectService(context),
        policies: new BucketPolicies(settings),
      };
      return deliverAccessLogs(context, services, { waitMilliseconds: 0, largeBytes: 0 });
    },
    refusals,
    async settle() {
      while (told < begun) await nextTurn();
      await Promise.all([refusals.flush(), lastUse.flush()]);
    },
    async reclaim() {
      while ((await reclaimDue(context)).reclaimed > 0);
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      service.endStreams();
      await listener.drain(0);
      await context.metadata.close();
    },
  };
}
