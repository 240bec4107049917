import { invariant } from '../../foundation/invariant.ts';
import type { EncryptionService } from './encryption-service.ts';

/** The keys of a process that needs them. */
export function encryptionOf({
  encryption,
}: {
  readonly encryption?: EncryptionService | undefined;
}): EncryptionService {
  invariant(encryption, 'whoever encrypts or decrypts has keys');
  return encryption;
}
