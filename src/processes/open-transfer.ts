import type { TransferCommands, TransferPlace } from '../cli/transfer-commands.ts';
import type { RootPrincipal } from '../domain/principal.ts';
import { systemClock } from '../foundation/clock.ts';
import { silentLogger } from '../foundation/logger.ts';
import { systemRandom } from '../foundation/random.ts';
import { requestIds } from '../http/request-id.ts';
import { createS3Service } from '../s3/s3-service.ts';
import { Access } from '../services/authorization/access.ts';
import { readDataDirectory } from '../services/data-directory/data-directory.ts';
import { IdentityService, rootAccountName } from '../services/identity/identity-service.ts';
import type { IdentityServices } from '../services/identity/identity-services.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import type { ImportScope } from '../services/identity-transfer/import-service.ts';
import { writeTransferDocument } from '../services/identity-transfer/transfer-document.ts';
import { outboundGuard } from '../services/outbound/outbound-guard.ts';
import { AllowanceLedger } from '../services/rate-limits/allowances.ts';
import type { Settings } from '../settings.ts';
import { closeEngines, openEngines, serviceContext } from './engines.ts';
import { openQueryEngine } from './open-query-engine.ts';
import { serveProtocols } from './serve-protocols.ts';

/** Export and import of a data directory, as the root of the system account; a running server sees changes at once. */
export async function openTransfer(
  settings: Settings,
): Promise<{ commands: TransferCommands; close(): Promise<void> }> {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(settings.data, random);
  const here = { ...settings, data: directory };
  const engines = await openEngines(here);
  try {
    const logger = silentLogger;
    const root = { accessKey: '', secretKey: '' };
    const context = serviceContext(engines, { settings: here, clock: systemClock, random, logger, masterKey, root });
    const secrets = new SecretBox(masterKey, random);
    const identity = new IdentityService({ metadata: engines.metadata, clock: systemClock, random, secrets });
    const s3 = createS3Service({
      settings: {
        ...{ region: settings.region, domains: [], websiteDomains: [], trustedProxies: [], sigV2: false },
        newBuckets: settings.newBuckets,
        defaultEncryption:
          settings.defaultEncryption === 'none' ? undefined : { kind: 'SSE-S3', bucketKeyEnabled: false },
        maximumDocumentBytes: settings.maxXmlBytes,
        bodyTimeoutMilliseconds: settings.bodyTimeoutSeconds * 1000,
        longestSelectMilliseconds: settings.selectSeconds * 1000,
      },
      context,
      identity,
      queries: openQueryEngine(here, { logger }),
      allowances: new AllowanceLedger(systemClock),
      nextRequestId: requestIds(random),
      onOutcome() {},
    });
    const services = serveProtocols(s3, context, { guard: outboundGuard(settings.outboundAllow) }).identity;
    return { commands: transferCommands(services), close: () => closeEngines(engines) };
  } catch (error) {
    await closeEngines(engines);
    throw error;
  }
}

function transferCommands(services: IdentityServices): TransferCommands {
  const { identity, exports, imports, authorization } = services;
  const scopeOf = async (place: TransferPlace): Promise<ImportScope> => {
    if (place === 'installation') return place;
    const { accountId } = await identity.resolveAccount(place === 'own' ? rootAccountName : place.tenant);
    return { tenant: accountId };
  };
  return {
    async export({ place, passphrase }) {
      const scope = await scopeOf(place);
      return writeTransferDocument(
        scope === 'installation'
          ? await exports.ofInstallation({ passphrase })
          : await exports.ofTenant(scope.tenant, { passphrase }),
      );
    },
    async import({ place, ...wish }) {
      const account = await identity.resolveAccount(rootAccountName);
      const principal: RootPrincipal = { kind: 'account', account, accessKeyId: '' };
      const conditions = { values: () => undefined };
      const access = new Access(authorization, { principal, conditions, acceptsCharges: false });
      return imports.run({ ...wish, scope: await scopeOf(place), principal, access, origin: thisMachine });
    },
  };
}

const thisMachine = {
  host: 'localhost',
  clientAddress: '127.0.0.1',
  secure: true,
  tlsVersion: undefined,
  userAgent: undefined,
};
