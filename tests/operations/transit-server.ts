import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** May do everything, as a root token may: so `encrypt` makes a key that is not there. */
export const vaultToken = 'a-token-for-tests';
/** May `update` and nothing more: what the operations guide advises. */
export const leastToken = 'a-token-of-the-least-policy';

interface TransitKey {
  readonly type: string;
  readonly versions: Buffer[];
}
type Keys = Map<string, TransitKey>;
type VaultAnswer = [status: number, body: object];

interface TransitServerOptions {
  /** PEM; without it the server speaks HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The only one there is. */
  readonly namespace?: string;
  /** A free one when left out. */
  readonly port?: number;
  /** What it had when it was stopped. */
  readonly keys?: Keys;
  /** How long a token is good that is renewed; a day when left out. Another one has no end, or one that cannot be moved. */
  readonly leaseSeconds?: number;
}

/** Speaks as much of the transit secrets engine's protocol as keys need, with answers as HashiCorp Vault 1.21 gives them. */
export async function startTransitServer(options: TransitServerOptions = {}) {
  const { tls, namespace, keys = new Map(), leaseSeconds = 86_400 } = options;
  const renewals: string[] = [];
  let requests = 0;
  let isAway = false;
  const listener: RequestListener = async (request, response) => {
    requests++;
    const [status, body] = isAway
      ? [503, { errors: ['Vault is sealed'] }]
      : await answer(request, { keys, namespace, renewals, leaseSeconds });
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    keys,
    /** The tokens that were renewed. */
    renewals,
    get requests() {
      return requests;
    },
    away(value: boolean) {
      isAway = value;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface VaultState {
  readonly keys: Keys;
  readonly namespace: string | undefined;
  readonly renewals: string[];
  readonly leaseSeconds: number;
}

const invalidToken: VaultAnswer = [
  403,
  { errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] },
];
const denied: VaultAnswer = [403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }];
const keyMissing: VaultAnswer = [400, { errors: ['encryption key not found'] }];
/** Types whose ciphertext binds associated data. */
const authenticated = new Set(['aes128-gcm96', 'aes256-gcm96', 'chacha20-poly1305']);

async function answer(
  request: IncomingMessage,
  { keys, namespace, renewals, leaseSeconds }: VaultState,
): Promise<VaultAnswer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const body = JSON.parse(Buffer.concat(pieces).toString() || '{}') as Record<string, string>;
  const token = request.headers['x-vault-token'];
  if (token !== vaultToken && token !== leastToken) return invalidToken;
  if (request.url === '/v1/auth/token/renew-self') {
    if (token === vaultToken) return [400, { errors: ['lease is not renewable'] }];
    renewals.push(token);
    return [200, { auth: { client_token: token, lease_duration: leaseSeconds, renewable: true } }];
  }
  const isElsewhere = request.headers['x-vault-namespace'] !== namespace;
  const path = decodeURIComponent(request.url!.slice('/v1/'.length));
  if (isElsewhere || !path.startsWith('transit/')) {
    if (token === leastToken) return denied;
    return [404, { errors: [`no handler for route "${path}". route entry not found.`] }];
  }
  const [, verb, name, more] = /^transit\/(keys|encrypt|decrypt)\/(\w(?:[\w.-]*\w)?)(\/rotate)?$/.exec(path) ?? [];
  if (verb === undefined || name === undefined) {
    return [404, { errors: ['1 error occurred:\n\t* unsupported path\n\n'] }];
  }
  if (verb === 'keys') return more === undefined ? create(keys, name, body) : rotate(keys, name);
  if (verb === 'encrypt' && !keys.has(name)) {
    if (token === leastToken) return denied;
    const type = body.type ?? 'aes256-gcm96';
    if (!authenticated.has(type)) return [400, { errors: [`unknown key type ${type}`] }];
    create(keys, name, { type });
  }
  const key = keys.get(name);
  if (!key) return keyMissing;
  if (!authenticated.has(key.type)) {
    const reason = `'[0].associated_data' provided for non-AEAD cipher suite ${key.type}`;
    return [400, { errors: [reason] }];
  }
  return verb === 'encrypt' ? encrypt(key, body) : decrypt(key, body);
}

function create(keys: Keys, name: string, { type = 'aes256-gcm96' }: Record<string, string>): VaultAnswer {
  if (!keys.has(name)) keys.set(name, { type, versions: [randomBytes(32)] });
  return [200, { data: {} }];
}

function rotate(keys: Keys, name: string): VaultAnswer {
  const key = keys.get(name);
  if (!key) return [400, { errors: ['key not found'] }];
  key.versions.push(randomBytes(32));
  return [200, { data: {} }];
}

function encrypt({ versions }: TransitKey, body: Record<string, string>): VaultAnswer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', versions.at(-1)!, nonce).setAAD(contextIn(body));
  const sealed = [nonce, cipher.update(Buffer.from(body.plaintext!, 'base64')), cipher.final(), cipher.getAuthTag()];
  return [200, { data: { ciphertext: `vault:v${versions.length}:${Buffer.concat(sealed).toString('base64')}` } }];
}

function decrypt({ versions }: TransitKey, body: Record<string, string>): VaultAnswer {
  const [, version, sealed] = /^vault:v(\d+):(.+)$/.exec(body.ciphertext!) ?? [];
  if (sealed === undefined) return [400, { errors: ['invalid ciphertext: no prefix'] }];
  const material = versions[Number(version) - 1];
  if (!material) return [400, { errors: ['invalid ciphertext: version is too new'] }];
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', material, bytes.subarray(0, 12));
    decipher.setAAD(contextIn(body)).setAuthTag(bytes.subarray(-16));
    const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    return [200, { data: { plaintext: plain.toString('base64') } }];
  } catch {
    return [400, { errors: ['cipher: message authentication failed'] }];
  }
}

function contextIn(body: Record<string, string>): Buffer {
  return Buffer.from(body.associated_data ?? '', 'base64');
}
