import { BlobMissingError } from '../engines/blobs/blob-engine.ts';
import { requestIds } from '../http/request-id.ts';
import { createS3Service } from '../s3/s3-service.ts';
import { AccessLogSpool } from '../services/access-logs/access-log-spool.ts';
import { AttemptLimiter } from '../services/identity/attempts/attempt-limiter.ts';
import { IdentityService } from '../services/identity/identity-service.ts';
import { LastUseLog } from '../services/identity/last-use/last-use-log.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import { outboundGuard } from '../services/outbound/outbound-guard.ts';
import { RefusalJournal } from '../services/refusals/refusal-journal.ts';
import { bucketLogs } from '../telemetry/bucket-logs.ts';
import { securityMetrics } from '../telemetry/security-metrics.ts';
import { directorySettings } from './directory-settings.ts';
import { closeEngines, type Engines, openEngines, serviceContext } from './engines.ts';
import { openQueryEngine } from './open-query-engine.ts';
import { serveProtocols } from './serve-protocols.ts';
import type { Server, ServerContext } from './server-composition.ts';

/** Opens the engines and wires everything that answers requests onto them. */
export async function composeServer(context: ServerContext, open = openEngines): Promise<Server> {
  const { settings, root, clock, random } = context;
  const engines = await open(settings);
  try {
    const services = serviceContext(engines, context);
    const secrets = new SecretBox(context.masterKey, random);
    const identity = new IdentityService({ metadata: engines.metadata, clock, random, secrets });
    await identity.ensureRoot({ accessKeyId: root.accessKey, secretAccessKey: root.secretKey });
    const spool = new AccessLogSpool(services);
    const toBucketLogs = bucketLogs(spool);
    const { refusalHours } = settings;
    const refusals =
      refusalHours === 0 ? undefined : new RefusalJournal(services, { keepMilliseconds: refusalHours * 3_600_000 });
    const { attemptExchange: exchange } = context;
    const { guessesPerMinute } = settings;
    const attempts = guessesPerMinute === 0 ? undefined : new AttemptLimiter(clock, guessesPerMinute, exchange);
    const lastUse = new LastUseLog({
      ...services,
      sessionOf: (principal) => identity.credentials.sessionOf(principal),
    });
    const s3 = createS3Service({
      settings: {
        region: settings.region,
        domains: settings.domains,
        websiteDomains: settings.websiteDomains,
        trustedProxies: settings.trustedProxies,
        newBuckets: settings.newBuckets,
        defaultEncryption:
          settings.defaultEncryption === 'none' ? undefined : { kind: 'SSE-S3', bucketKeyEnabled: false },
        sseCOverHttp: settings.sseCOverHttp,
        sigV2: settings.sigv2,
        maximumDocumentBytes: settings.maxXmlBytes,
        bodyTimeoutMilliseconds: settings.bodyTimeoutSeconds * 1000,
        longestSelectMilliseconds: settings.selectSeconds * 1000,
      },
      context: services,
      identity,
      queries: openQueryEngine(settings, context),
      allowances: context.allowances,
      nextRequestId: requestIds(random),
      onOutcome(outcome) {
        context.onOutcome(outcome);
        toBucketLogs(outcome);
      },
      refusals,
      attempts,
      lastUse,
    });
    const protocols = serveProtocols(s3, services, {
      guard: outboundGuard(settings.outboundAllow),
      directory: await directorySettings(settings),
      exchange,
    });
    return {
      handle: (request, response) => protocols.handle(request, response),
      renderError: (kind, requestId) => s3.renderError(kind, requestId),
      endStreams: () => s3.endStreams(),
      ready: () => askEngines(engines),
      metrics: () => securityMetrics({ attempts, refusals }),
      async close() {
        await Promise.all([spool.flush(), refusals?.flush(), lastUse.flush()]);
        await closeEngines(engines);
      },
    };
  } catch (error) {
    await closeEngines(engines);
    throw error;
  }
}

/** An id that no blob has: ids are drawn from 128 bits. */
const noBlob = '0'.repeat(32);

/** Both engines answer a question whose answer is known. */
async function askEngines({ metadata, blobs }: Engines): Promise<void> {
  await metadata.get(Buffer.from([0]));
  try {
    await (await blobs.open(noBlob)).close();
  } catch (error) {
    if (!(error instanceof BlobMissingError)) throw error;
  }
}
