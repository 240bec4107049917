import { openFileBlobEngine } from '../engines/blobs/files/file-blob-engine.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { requestIds } from '../http/request-id.ts';
import { createS3Service } from '../s3/s3-service.ts';
import { dataPaths } from '../services/data-directory/data-directory.ts';
import { IdentityService } from '../services/identity/identity-service.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import type { ServiceContext } from '../services/service-context.ts';
import type { Settings } from '../settings.ts';
import { reclaimBlobs } from '../workers/reclaim-blobs.ts';
import type { Composition, Server, ServerContext } from './server-composition.ts';

/** The real thing: LMDB and files under the data directory, the services over them, the S3 adapter in front. */
export const productComposition: Composition = { composeServer, runBackground };

type EngineContext = Omit<ServerContext, 'onOutcome'>;

async function openEngines({ settings, clock, random, logger }: EngineContext): Promise<ServiceContext> {
  const paths = dataPaths(settings.data);
  const { sync } = settings;
  return {
    metadata: openLmdbMetadataEngine({ directory: paths.metadata, sync }),
    blobs: await openFileBlobEngine({ directory: paths.blobs, sync }),
    clock,
    random,
    logger,
    storage: {
      inlineBytes: settings.inlineBytes,
      reclaimGraceMilliseconds: settings.reclaimGraceSeconds * 1000,
    },
  };
}

async function closeEngines({ metadata, blobs }: ServiceContext): Promise<void> {
  await blobs.close();
  await metadata.close();
}

async function composeServer(server: ServerContext): Promise<Server> {
  const { settings, masterKey, root, clock, random } = server;
  const context = await openEngines(server);
  const { metadata } = context;
  const identity = new IdentityService({ metadata, clock, random, secrets: new SecretBox(masterKey, random) });
  await identity.ensureRoot({ accessKeyId: root.accessKey, secretAccessKey: root.secretKey });
  const s3 = createS3Service({
    settings: s3Settings(settings),
    context,
    identity,
    nextRequestId: requestIds(random),
    onOutcome: server.onOutcome,
  });
  return {
    handle: s3.handle,
    renderError: s3.renderError,
    async ready() {
      await metadata.get(Buffer.from([0]));
    },
    close: () => closeEngines(context),
  };
}

function s3Settings(settings: Settings) {
  return {
    region: settings.region,
    domains: settings.domains,
    sigV2: settings.sigv2,
    maximumDocumentBytes: settings.maxXmlBytes,
    bodyTimeoutMilliseconds: settings.bodyTimeoutSeconds * 1000,
  };
}

async function runBackground(server: EngineContext, signal: AbortSignal): Promise<void> {
  const context = await openEngines(server);
  try {
    await reclaimBlobs(context).run(signal);
  } finally {
    await closeEngines(context);
  }
}
