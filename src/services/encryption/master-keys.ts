import type { MetadataEngine, Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { type MasterKeyRecord, masterKeyRecordType } from '../../records/encryption-key-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import type { SecretBox } from '../identity/secret-box.ts';

export interface MasterKey {
  readonly id: string;
  readonly bytes: Buffer;
}

export interface KeyringContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: SecretBox;
}

/** How long a process may go on to seal with a key after another process has put a new one in its place. */
const activeKnownMilliseconds = 1000;

/**
 * The server's own keys, which data keys of SSE-S3 are sealed with: new ones with the newest. Made when first needed.
 * Old ones stay, for what is sealed with them.
 */
export class MasterKeys {
  readonly #context: KeyringContext;
  readonly #opened = new Map<string, MasterKey>();
  #active: { readonly key: MasterKey; readonly knownAt: number } | undefined;

  constructor(context: KeyringContext) {
    this.#context = context;
  }

  /** The key to seal with. */
  active(): MaybePromise<MasterKey> {
    const now = this.#context.clock.now();
    const known = this.#active;
    if (known && now >= known.knownAt && now - known.knownAt < activeKnownMilliseconds) return known.key;
    return whenReady(this.#context.metadata.get(keyspace.activeMasterKey()), (id) =>
      whenReady(id === undefined ? this.#add('first') : this.byId(id.toString()), (key) => {
        if (!key) throw new Error('the active master key is missing');
        this.#active = { key, knownAt: now };
        return key;
      }),
    );
  }

  /** Undefined where there is none of that id. Throws where it does not open with the server's secret. */
  byId(id: string): MaybePromise<MasterKey | undefined> {
    const opened = this.#opened.get(id);
    if (opened) return opened;
    if (!/^[0-9a-f]{16}$/.test(id)) return undefined;
    return whenReady(
      this.#context.metadata.get(keyspace.masterKey(id)),
      (bytes) => bytes && this.#open(masterKeyRecordType.decode(bytes)),
    );
  }

  /** Makes a new key, which data keys are sealed with from now on. */
  rotate(): Promise<MasterKey> {
    return this.#add('another');
  }

  async list(): Promise<readonly (Omit<MasterKeyRecord, 'sealedKey'> & { readonly isActive: boolean })[]> {
    const { metadata } = this.#context;
    const active = (await metadata.get(keyspace.activeMasterKey()))?.toString();
    const keys: MasterKeyRecord[] = [];
    for (let after: Buffer | undefined; ; ) {
      const entries = await metadata.range(spans.table('masterKey', after, pageSize));
      keys.push(...entries.map(({ value }) => masterKeyRecordType.decode(value)));
      if (entries.length < pageSize) break;
      after = entries.at(-1)!.key;
    }
    return keys
      .map(({ id, createdAt }) => ({ id, createdAt, isActive: id === active }))
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  async #add(which: 'first' | 'another'): Promise<MasterKey> {
    const { metadata, random, clock, secrets } = this.#context;
    const id = random.bytes(8).toString('hex');
    const secret = random.bytes(32).toString('hex');
    const made: MasterKeyRecord = {
      id,
      createdAt: clock.now(),
      sealedKey: secrets.seal(secret, ownerOf(id)),
    };
    const record = await metadata.transact(async (tx) => {
      const there = which === 'first' ? await readActive(tx) : undefined;
      if (there) return there;
      writeRecord(tx, { type: masterKeyRecordType, key: keyspace.masterKey(id) }, made);
      tx.put(keyspace.activeMasterKey(), Buffer.from(id));
      return made;
    });
    const key = this.#open(record);
    this.#active = { key, knownAt: clock.now() };
    return key;
  }

  #open({ id, sealedKey }: MasterKeyRecord): MasterKey {
    const key = { id, bytes: Buffer.from(this.#context.secrets.open(sealedKey, ownerOf(id)), 'hex') };
    this.#opened.set(id, key);
    return key;
  }
}

const pageSize = 100;

function ownerOf(id: string): string {
  return `master-key/${id}`;
}

async function readActive(tx: Transaction): Promise<MasterKeyRecord | undefined> {
  const id = await tx.get(keyspace.activeMasterKey());
  return id && readRecord(tx, masterKeyRecordType, keyspace.masterKey(id.toString()));
}
