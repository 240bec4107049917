import assert from 'node:assert/strict';
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { certificateFile, httpsSettings } from '../clients/https.ts';
import { Broker, freePort } from '../events/broker.ts';
import { eventually, temporaryDirectory } from '../start/spawn-server.ts';

/** A vault that is missing fails its tests where this is set, and skips them where it is not. */
const required = process.env.CAIRN_CLIENTS_REQUIRED === '1';

/** The program that `CAIRN_VAULT_PROGRAM` names, or else an OpenBao or a HashiCorp Vault of this machine. */
function program(): string | undefined {
  const named = process.env.CAIRN_VAULT_PROGRAM;
  if (named !== undefined) return named;
  const directories = (process.env.PATH ?? '').split(delimiter);
  return ['bao', 'vault'].flatMap((name) => directories.map((directory) => join(directory, name))).find(mayRun);
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A test against a real vault, skipped where there is none. */
export function vaultTest(says: string, body: (t: TestContext, vault: RealVault) => Promise<void>): void {
  test(`vault: ${says}`, async (t) => {
    const path = program();
    if (path === undefined) {
      const reason = 'neither bao nor vault is in PATH, and CAIRN_VAULT_PROGRAM names none';
      assert.ok(!required, reason);
      return t.skip(reason);
    }
    await body(t, await RealVault.start(t, path));
  });
}

interface VaultAnswer {
  readonly status: number;
  readonly body: {
    readonly keys?: readonly string[];
    readonly root_token?: string;
    readonly auth?: { readonly client_token: string };
    readonly data?: { readonly keys?: readonly string[]; readonly ttl?: number };
  };
}

/** What the operations guide advises for the token. */
export function advisedPolicy(): string {
  const guide = readFileSync(fileURLToPath(new URL('../../docs/operations-guide.md', import.meta.url)), 'utf8');
  const policy = /```hcl\n([^`]*)```/.exec(guide)?.[1];
  assert.ok(policy !== undefined, 'the operations guide has a policy for the vault');
  return policy;
}

/** A vault that speaks HTTPS with a certificate of no known authority, initialized and unsealed, with transit enabled. */
export class RealVault {
  readonly address: string;
  readonly #broker: Broker;
  #root = '';
  #unsealKey = '';

  private constructor(address: string, broker: Broker) {
    this.address = address;
    this.#broker = broker;
  }

  static async start(t: TestContext, path: string): Promise<RealVault> {
    const directory = await temporaryDirectory(t);
    const port = await freePort();
    await mkdir(join(directory, 'storage'));
    const config = {
      storage: { file: { path: join(directory, 'storage') } },
      listener: {
        tcp: {
          address: `127.0.0.1:${port}`,
          tls_cert_file: httpsSettings.CAIRN_TLS_CERT,
          tls_key_file: httpsSettings.CAIRN_TLS_KEY,
        },
      },
      api_addr: `https://127.0.0.1:${port}`,
      disable_mlock: true,
    };
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
    const args = ['server', `-config=${join(directory, 'config.json')}`];
    const vault = new RealVault(config.api_addr, await Broker.start(t, { path, args, port, directory }));
    const shares = { secret_shares: 1, secret_threshold: 1 };
    const { keys, root_token } = await vault.must('PUT', 'sys/init', shares);
    vault.#unsealKey = keys![0]!;
    vault.#root = root_token!;
    await vault.unseal();
    await vault.must('POST', 'sys/mounts/transit', { type: 'transit' });
    return vault;
  }

  get rootToken(): string {
    return this.#root;
  }

  /** Settings of a server that uses it with this token. */
  settings(token: string): Record<string, string> {
    return { CAIRN_VAULT_ADDRESS: this.address, CAIRN_VAULT_TOKEN: token, CAIRN_VAULT_CA_FILE: certificateFile };
  }

  /** Asks its API as root. */
  ask(method: string, path: string, body: object = {}, namespace?: string): Promise<VaultAnswer> {
    const headers = { 'X-Vault-Token': this.#root, ...(namespace && { 'X-Vault-Namespace': namespace }) };
    const url = new URL(`/v1/${path}`, this.address);
    return new Promise((resolve, reject) => {
      const asking = request(url, { method, headers, ca: readFileSync(certificateFile), agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) }),
        );
      });
      asking.on('error', reject).end(JSON.stringify(body));
    });
  }

  /** The same, where nothing but success will do. */
  async must(method: string, path: string, body: object = {}, namespace?: string): Promise<VaultAnswer['body']> {
    const answer = await this.ask(method, path, body, namespace);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A token with the policy, and nothing else but what every token may do. */
  async token(policy: string, more: object = {}, namespace?: string): Promise<string> {
    await this.must('PUT', 'sys/policies/acl/cairn', { policy }, namespace);
    const wanted = { policies: ['cairn'], no_parent: true, period: '24h', ...more };
    return (await this.must('POST', 'auth/token/create', wanted, namespace)).auth!.client_token;
  }

  /** The names of the keys of transit. */
  async keys(namespace?: string): Promise<readonly string[]> {
    const { body } = await this.ask('LIST', 'transit/keys', {}, namespace);
    return body.data?.keys ?? [];
  }

  async deleteKey(name: string): Promise<void> {
    await this.must('POST', `transit/keys/${name}/config`, { deletion_allowed: true });
    await this.must('DELETE', `transit/keys/${name}`);
  }

  async seal(): Promise<void> {
    await this.must('PUT', 'sys/seal');
  }

  /** Resolves when it serves. */
  async unseal(): Promise<void> {
    await this.must('PUT', 'sys/unseal', { key: this.#unsealKey });
    await eventually(async () => ((await this.ask('GET', 'sys/health')).status === 200 ? true : undefined));
  }

  stop(): Promise<void> {
    return this.#broker.stop('SIGTERM');
  }

  /** With what it had stored. */
  async startAgain(): Promise<void> {
    await this.#broker.start();
    await this.unseal();
  }
}
