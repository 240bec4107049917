import { readFileSync } from 'node:fs';
import type { KeyVault } from '../engines/key-vault/key-vault.ts';
import { transitKeyVault } from '../engines/key-vault/transit/transit-key-vault.ts';
import type { MetadataEngine } from '../engines/metadata/metadata-engine.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Logger } from '../foundation/logger.ts';
import type { Random } from '../foundation/random.ts';
import { EncryptionService } from '../services/encryption/encryption-service.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import type { Settings } from '../settings.ts';

interface EncryptionSurroundings {
  readonly settings: Settings;
  readonly masterKey: Buffer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The keys of a store, with the vault that the settings name. */
export function openEncryption(
  { metadata }: { readonly metadata: MetadataEngine },
  { settings, masterKey, clock, random, logger }: EncryptionSurroundings,
): EncryptionService {
  const secrets = new SecretBox(masterKey, random);
  const vault = vaultOf(settings, clock);
  return new EncryptionService({ metadata, clock, random, logger, secrets, region: settings.region, vault });
}

function vaultOf(settings: Settings, clock: Clock): KeyVault | undefined {
  const { vaultAddress: address, vaultMount: mount, vaultNamespace: namespace, vaultCaFile } = settings;
  if (address === undefined) return undefined;
  const authorities = vaultCaFile === undefined ? undefined : readFileSync(vaultCaFile, 'utf8');
  return transitKeyVault({ address, token: settings.vaultToken ?? '', mount, namespace, authorities }, clock);
}
