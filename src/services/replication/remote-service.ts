import { StorageError } from '../../domain/errors.ts';
import { remoteNameForm } from '../../domain/replication/replication-target.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { type RemoteRecord, remoteRecordType } from '../../records/remote-record.ts';
import { keepAccountIfThere } from '../identity/account/keep-account.ts';
import type { SecretBox } from '../identity/secret-box.ts';
import type { ServiceContext } from '../service-context.ts';
import type { RemoteEndpoint } from './remote-store.ts';

type RemoteContext = Pick<ServiceContext, 'metadata' | 'clock'>;

/** What is told of another store: never its secret. */
export type RemoteSummary = Omit<RemoteRecord, 'sealedSecret'>;

export interface NewRemote extends Omit<RemoteSummary, 'createdAt'> {
  readonly secretAccessKey: string;
}

const sealOwner = (name: string) => `remote/${name}`;
const pageSize = 500;

/** The other stores that the operator lets accounts replicate to. Their secrets are sealed and never given back. */
export class RemoteService {
  readonly #context: RemoteContext;
  readonly #secrets: SecretBox;

  constructor(context: RemoteContext, secrets: SecretBox) {
    this.#context = context;
    this.#secrets = secrets;
  }

  /** Replaces one of the same name: so keys are changed. Throws InvalidRequest. */
  async add({ secretAccessKey, ...remote }: NewRemote): Promise<RemoteSummary> {
    checkRemote(remote.name, remote.endpoint);
    const summary = { ...remote, endpoint: new URL(remote.endpoint).origin, createdAt: this.#context.clock.now() };
    const record = { ...summary, sealedSecret: this.#secrets.seal(secretAccessKey, sealOwner(remote.name)) };
    await this.#context.metadata.transact(async (tx) => {
      await keepAccountIfThere(tx, remote.accountId);
      writeRecord(tx, { type: remoteRecordType, key: keyspace.remote(remote.name) }, record);
    });
    return summary;
  }

  async *list(): AsyncGenerator<RemoteSummary, void> {
    let after: string | undefined;
    for (;;) {
      const entries = await this.#context.metadata.range(spans.remotes(after, pageSize));
      for (const { value } of entries) {
        const { sealedSecret: _, ...summary } = remoteRecordType.decode(value);
        after = summary.name;
        yield summary;
      }
      if (entries.length < pageSize) return;
    }
  }

  /** False where there is none of that name. */
  async remove(name: string): Promise<boolean> {
    return this.#context.metadata.transact(async (tx) => {
      const key = keyspace.remote(name);
      if ((await tx.get(key)) === undefined) return false;
      tx.delete(key);
      return true;
    });
  }

  /** How to reach it and whose it is; undefined where there is none of that name. */
  async open(name: string): Promise<(RemoteEndpoint & Pick<RemoteRecord, 'accountId'>) | undefined> {
    const record = await readRecord(this.#context.metadata, remoteRecordType, keyspace.remote(name));
    if (!record) return undefined;
    const { sealedSecret, endpoint, region, accessKeyId, accountId } = record;
    return {
      endpoint,
      region,
      accessKeyId,
      accountId,
      secretAccessKey: this.#secrets.open(sealedSecret, sealOwner(name)),
    };
  }
}

/** Which account may replicate to a store; undefined where there is no such store. Needs no secret. */
export async function accountOfRemote(
  { metadata }: Pick<ServiceContext, 'metadata'>,
  name: string,
): Promise<string | undefined> {
  return (await readRecord(metadata, remoteRecordType, keyspace.remote(name)))?.accountId;
}

function checkRemote(name: string, endpoint: string): void {
  const refused = (message: string) => new StorageError('InvalidRequest', { message });
  if (!remoteNameForm.test(name)) throw refused('A name has 1 to 63 lower-case letters, digits and hyphens.');
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) throw refused(`${endpoint} is not an http or https address.`);
  if (url.username !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw refused('An endpoint has a scheme, a host and a port, and nothing else.');
  }
}
