import { encryptionOf } from '../services/encryption/encryption-of.ts';
import { rewrapSome } from '../services/encryption/rewrap-data-keys.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { leasedWorker } from './leased-worker.ts';
import type { Worker } from './worker.ts';

const restMilliseconds = 60_000;
/** After each batch, so that requests never feel it. */
const pauseMilliseconds = 20;

/** After `cairn encryption rotate`: seals the data keys of older objects with the new key. */
export function rewrapDataKeys(context: ServiceContext): Worker {
  const rewrap = { metadata: context.metadata, encryption: encryptionOf(context) };
  return leasedWorker(context, {
    name: 'rewrap-data-keys',
    restMilliseconds,
    async runOnce({ signal, progress, count }) {
      let looked = 0;
      while (!signal.aborted) {
        const step = await rewrapSome(rewrap);
        if (step.rewrapped > 0) count('data keys', step.rewrapped);
        looked += step.looked;
        if (looked > 0) progress(`${looked} versions and uploads looked at`);
        if (step.isFinished) return { busy: false };
        await context.clock.sleep(pauseMilliseconds, signal);
      }
      return { busy: true };
    },
  });
}
