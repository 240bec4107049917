import type { Clock } from '../../../foundation/clock.ts';
import {
  type KeyVault,
  KeyVaultUnavailableError,
  VaultKeyMissingError,
  VaultKeyUnfitError,
  VaultSealError,
} from '../key-vault.ts';
import { type TransitAnswer, TransitConnection, type TransitSettings } from './transit-connection.ts';

/**
 * To `encrypt` a key that is not there, a vault makes one, where the token may create. What is sealed with that would
 * hide that the key is lost, and with it all that was sealed before. Of a type that is none it makes no key; of a key
 * that is there the type is not asked.
 */
const noUpsert = { type: 'none' };
/** Has the form that `decrypt` wants, and is nothing that was ever sealed. */
const nothingSealed = 'vault:v1:AAAA';

/**
 * Keys in the transit secrets engine of HashiCorp Vault or OpenBao
 * (https://developer.hashicorp.com/vault/api-docs/secret/transit). The context becomes associated data, which keys of
 * type aes256-gcm96 bind.
 */
export function transitKeyVault(settings: TransitSettings, clock: Clock): KeyVault {
  const connection = new TransitConnection(settings, clock);
  const mount = settings.mount.replace(/^\/+|\/+$/g, '');
  const post = (verb: 'keys' | 'encrypt' | 'decrypt', name: string, body: object) =>
    connection.post(`${mount}/${verb}/${encodeURIComponent(name)}`, body);

  return {
    async create(name) {
      told(await post('keys', name, { type: 'aes256-gcm96' }), name);
    },
    async rotate(name) {
      told(await connection.post(`${mount}/keys/${encodeURIComponent(name)}/rotate`, {}), name);
    },
    async seal(name, secret, context) {
      const body = { plaintext: secret.toString('base64'), associated_data: context.toString('base64'), ...noUpsert };
      const answer = await post('encrypt', name, body);
      // Of a key that is not there, a token that may not create is told that it may not: `decrypt` tells which it is.
      if (answer.status === 403 && isMissing(await post('decrypt', name, { ciphertext: nothingSealed }))) {
        throw new VaultKeyMissingError(name);
      }
      const { ciphertext } = told(answer, name);
      if (typeof ciphertext !== 'string') throw new KeyVaultUnavailableError('it answered no ciphertext');
      return Buffer.from(ciphertext);
    },
    async open(name, sealed, context) {
      const body = { ciphertext: sealed.toString(), associated_data: context.toString('base64') };
      const answer = await post('decrypt', name, body);
      if (answer.status === 400 && /authentication failed|invalid ciphertext|unable to decrypt/i.test(answer.reason)) {
        throw new VaultSealError({ cause: new Error(answer.reason) });
      }
      const { plaintext } = told(answer, name);
      if (typeof plaintext !== 'string') throw new KeyVaultUnavailableError('it answered no plaintext');
      return Buffer.from(plaintext, 'base64');
    },
    async renewAccess() {
      const answer = await connection.post('auth/token/renew-self', {});
      // Root tokens, batch tokens and those whose end is fixed: each is refused in words of its own.
      if (answer.status === 400) return undefined;
      told(answer, 'of the token');
      const { lease_duration: seconds } = answer.auth;
      return typeof seconds === 'number' && seconds > 0 ? seconds : undefined;
    },
  };
}

/** Transit has no codes: only the words tell. A mount or a namespace that is not there is a 404, and says nothing of keys. */
function isMissing({ status, reason }: TransitAnswer): boolean {
  return status === 400 && /key not found|no existing key|unknown key type none|soft-deleted key/i.test(reason);
}

/** The answer's data. Throws what an answer that tells of none means. */
function told(answer: TransitAnswer, name: string): TransitAnswer['data'] {
  const { status, data, reason } = answer;
  if (status >= 200 && status < 300) return data;
  if (isMissing(answer)) throw new VaultKeyMissingError(name);
  const words = `it answered ${status}${reason === '' ? '' : `: ${reason}`}`;
  throw status === 400 ? new VaultKeyUnfitError(words) : new KeyVaultUnavailableError(words);
}
