import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export const vaultToken = 'a-token-for-tests';

/** Speaks as much of the transit secrets engine's protocol as keys need, over HTTP. */
export async function startTransitServer() {
  const keys = new Map<string, Buffer[]>();
  let requests = 0;
  let isAway = false;
  const server = createServer(async (request, response) => {
    requests++;
    const [status, body] = isAway ? [503, { errors: ['Vault is sealed'] }] : await answer(keys, request);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    keys,
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

async function answer(keys: Map<string, Buffer[]>, request: IncomingMessage): Promise<[number, object]> {
  if (request.headers['x-vault-token'] !== vaultToken) return [403, { errors: ['permission denied'] }];
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const body = JSON.parse(Buffer.concat(pieces).toString() || '{}') as Record<string, string>;
  const [, verb, name, more] = /^\/v1\/transit\/(keys|encrypt|decrypt)\/([^/]+)(\/rotate)?$/.exec(request.url!) ?? [];
  const versions = keys.get(decodeURIComponent(name ?? ''));
  if (verb === 'keys' && more === undefined) {
    if (!versions) keys.set(decodeURIComponent(name!), [randomBytes(32)]);
    return [200, { data: {} }];
  }
  if (!versions) return [400, { errors: ['encryption key not found'] }];
  if (verb === 'keys') {
    versions.push(randomBytes(32));
    return [200, { data: {} }];
  }
  const context = Buffer.from(body.associated_data ?? '', 'base64');
  if (verb === 'encrypt') {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', versions.at(-1)!, nonce).setAAD(context);
    const sealed = [nonce, cipher.update(Buffer.from(body.plaintext!, 'base64')), cipher.final(), cipher.getAuthTag()];
    return [200, { data: { ciphertext: `vault:v${versions.length}:${Buffer.concat(sealed).toString('base64')}` } }];
  }
  const [, version, sealed] = /^vault:v(\d+):(.+)$/.exec(body.ciphertext!) ?? [];
  try {
    const bytes = Buffer.from(sealed!, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', versions[Number(version) - 1]!, bytes.subarray(0, 12));
    decipher.setAAD(context).setAuthTag(bytes.subarray(-16));
    const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    return [200, { data: { plaintext: plain.toString('base64') } }];
  } catch {
    return [400, { errors: ['cipher: message authentication failed'] }];
  }
}
