import { encryptionOf } from '../services/encryption/encryption-of.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { leasedWorker } from './leased-worker.ts';
import type { Worker } from './worker.ts';

/** Several times within the shortest period that the operations guide advises, so that an outage in between is no end. */
const restMilliseconds = 600_000;

/** Keeps the token good that the vault of SSE-KMS is asked with: most vaults let none live longer than a month by itself. */
export function renewVaultToken(context: ServiceContext): Worker {
  const { keyManagement } = encryptionOf(context);
  return leasedWorker(context, {
    name: 'renew-vault-token',
    restMilliseconds,
    async runOnce({ progress }) {
      const seconds = await keyManagement.renewVaultToken();
      progress(seconds === undefined ? 'the token cannot be renewed' : `the token is good for ${inWords(seconds)}`);
      return { busy: false };
    },
  });
}

/** A token that ends soon is not one of no hours. */
function inWords(seconds: number): string {
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}
