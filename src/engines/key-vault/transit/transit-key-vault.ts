import type { Clock } from '../../../foundation/clock.ts';
import { type KeyVault, KeyVaultUnavailableError, VaultKeyMissingError, VaultSealError } from '../key-vault.ts';

export interface TransitSettings {
  /** `https://vault.example.com:8200`. */
  readonly address: string;
  readonly token: string;
  /** Where the transit secrets engine is mounted: `transit`. */
  readonly mount: string;
  /** Of Vault Enterprise and OpenBao. */
  readonly namespace?: string | undefined;
}

/** Neither an answer of megabytes nor one that never comes is one of a vault. */
const longestAnswer = 1024 * 1024;
const patienceMilliseconds = 10_000;

interface Answer {
  readonly data?: { readonly ciphertext?: unknown; readonly plaintext?: unknown } | null;
  readonly errors?: readonly unknown[];
}

/**
 * Keys in the transit secrets engine of HashiCorp Vault or OpenBao
 * (https://developer.hashicorp.com/vault/api-docs/secret/transit). The context becomes associated data, which keys of
 * type aes256-gcm96 bind.
 */
export function transitKeyVault(settings: TransitSettings, clock: Clock): KeyVault {
  const { token, namespace } = settings;
  const root = `${settings.address.replace(/\/+$/, '')}/v1/${settings.mount.replace(/^\/+|\/+$/g, '')}`;

  async function ask(path: string, body: object, name: string): Promise<Answer> {
    const answered = new AbortController();
    const tooLate = new AbortController();
    void clock.sleep(patienceMilliseconds, answered.signal).then(() => tooLate.abort());
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${root}/${path}/${encodeURIComponent(name)}`, {
        method: 'POST',
        headers: {
          'X-Vault-Token': token,
          'X-Vault-Request': 'true',
          'Content-Type': 'application/json',
          ...(namespace === undefined ? {} : { 'X-Vault-Namespace': namespace }),
        },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: tooLate.signal,
      });
      status = response.status;
      text = await readText(response);
    } catch (error) {
      throw new KeyVaultUnavailableError('it does not answer', { cause: error });
    } finally {
      answered.abort();
    }
    return readAnswer({ status, text, name });
  }

  return {
    async create(name) {
      await ask('keys', { type: 'aes256-gcm96' }, name);
    },
    async rotate(name) {
      const path = `keys/${encodeURIComponent(name)}`;
      await ask(path, {}, 'rotate');
    },
    async seal(name, secret, context) {
      const body = { plaintext: secret.toString('base64'), associated_data: context.toString('base64') };
      const { data } = await ask('encrypt', body, name);
      if (typeof data?.ciphertext !== 'string') throw new KeyVaultUnavailableError('it answered no ciphertext');
      return Buffer.from(data.ciphertext);
    },
    async open(name, sealed, context) {
      const body = { ciphertext: sealed.toString(), associated_data: context.toString('base64') };
      const { data } = await ask('decrypt', body, name);
      if (typeof data?.plaintext !== 'string') throw new KeyVaultUnavailableError('it answered no plaintext');
      return Buffer.from(data.plaintext, 'base64');
    },
  };
}

async function readText(response: Response): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > longestAnswer) throw new Error('the answer is too long');
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString();
}

/** What the vault says of itself is told; what was sent to it never is. */
function readAnswer({ status, text, name }: { status: number; text: string; name: string }): Answer {
  let answer: Answer = {};
  try {
    answer = text === '' ? {} : (JSON.parse(text) as Answer);
  } catch {
    if (status < 400) throw new KeyVaultUnavailableError(`it answered ${status} with what is no JSON`);
  }
  if (status < 400) return answer;
  const reason = (Array.isArray(answer.errors) ? answer.errors : []).map(String).join('; ').slice(0, 200);
  if (status === 404 || /encryption key not found|no existing key/i.test(reason)) throw new VaultKeyMissingError(name);
  if (status === 400 && /authentication failed|invalid ciphertext|unable to decrypt|cipher/i.test(reason)) {
    throw new VaultSealError({ cause: new Error(reason) });
  }
  throw new KeyVaultUnavailableError(`it answered ${status}${reason === '' ? '' : `: ${reason}`}`);
}
