import type { ChosenEncryption, CustomerKey, ObjectEncryption } from '../../domain/encryption.ts';
import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { KmsKeyRecord } from '../../records/encryption-key-record.ts';
import type { SealedDataKey } from '../content/storing.ts';
import { type BucketKey, BucketKeys } from './bucket-keys.ts';
import { DataKey } from './data-key.ts';
import { KeyManagement, type KeyManagementContext, type KeyUser } from './key-management.ts';
import { MasterKeys } from './master-keys.ts';
import { OpenedKeys } from './opened-keys.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';

/** Who wants an object's bytes. */
export interface KeyBearer {
  /** `anonymous`: nobody in particular, who may use no key of the key management. */
  readonly user: KeyUser | 'anonymous';
  /** What came with the request. */
  readonly customerKey?: CustomerKey | undefined;
}

/** Where nobody says who asks. */
export const anonymousBearer: KeyBearer = { user: 'anonymous' };
/** For the server's own work: its workers read what they have to, but for what only customers have keys of. */
export const serverBearer: KeyBearer = { user: 'server' };

/** For whom, and in which bucket, a key is sealed. */
export interface SealingPlace {
  readonly bucketId: string;
  readonly user: KeyBearer['user'];
}

/** Some 500 bytes each. */
const openedKeysKept = 8192;

const aboutDataKey = 'data-key';
const aboutBucketKey = 'bucket-key';
/** First bytes of data keys that are sealed for SSE-KMS. */
const directly = 0;
const withBucketKey = 1;

/** Makes, seals and opens the keys of objects. */
export class EncryptionService {
  readonly masterKeys: MasterKeys;
  readonly keyManagement: KeyManagement;
  readonly #context: KeyManagementContext;
  readonly #bucketKeys: BucketKeys;
  /** Opening a key takes as long as decrypting a small object. */
  readonly #opened = new OpenedKeys(openedKeysKept);

  constructor(context: KeyManagementContext) {
    this.#context = context;
    this.masterKeys = new MasterKeys(context);
    this.keyManagement = new KeyManagement(context);
    this.#bucketKeys = new BucketKeys(context.clock);
  }

  /**
   * A data key for a new object, or the one that is given, sealed as was chosen. Throws KmsKeyNotFound, KmsKeyDisabled,
   * AccessDenied, and ServiceUnavailable where the key management does not answer.
   */
  seal(
    chosen: ChosenEncryption,
    place: SealingPlace,
    dataKey: DataKey = DataKey.draw(this.#context.random),
  ): MaybePromise<SealedDataKey> {
    if (chosen.kind === 'SSE-S3')
      return whenReady(this.sealForServer(dataKey), (encryption) => ({ dataKey, encryption }));
    if (chosen.kind === 'SSE-KMS') return this.#sealWithKms(chosen, place, dataKey);
    const { key, md5 } = chosen.customerKey;
    const secret = { secret: dataKey.bytes, about: aboutDataKey };
    return {
      dataKey,
      encryption: { kind: 'SSE-C', keyMd5: md5, sealedKey: sealBytes(key, secret, this.#context.random) },
    };
  }

  /** With the newest of the server's own keys. */
  sealForServer(dataKey: DataKey): MaybePromise<ObjectEncryption & { kind: 'SSE-S3' }> {
    return whenReady(this.masterKeys.active(), ({ id, bytes }) => ({
      kind: 'SSE-S3' as const,
      masterKeyId: id,
      sealedKey: sealBytes(bytes, { secret: dataKey.bytes, about: aboutDataKey }, this.#context.random),
    }));
  }

  /**
   * The data key of an object or an upload; undefined where it is not encrypted. Throws InvalidRequest where a key of the
   * customer is missing, is another one, or is not asked for; what `seal` throws; and an Error where the server's own
   * key is lost.
   */
  open(encryption: ObjectEncryption | undefined, bearer: KeyBearer): MaybePromise<DataKey | undefined> {
    if (bearer.customerKey && encryption?.kind !== 'SSE-C') {
      throw new StorageError('InvalidRequest', {
        message: 'The encryption parameters are not applicable to this object.',
      });
    }
    if (encryption === undefined) return undefined;
    if (encryption.kind === 'SSE-S3') return this.openForServer(encryption);
    return encryption.kind === 'SSE-C'
      ? openWithCustomerKey(encryption, bearer.customerKey)
      : this.#openWithKms(encryption, bearer.user);
  }

  openForServer(encryption: ObjectEncryption & { kind: 'SSE-S3' }): MaybePromise<DataKey> {
    const opened = this.#opened.get(encryption);
    if (opened) return opened;
    const { masterKeyId, sealedKey } = encryption;
    return whenReady(this.masterKeys.byId(masterKeyId), (masterKey) => {
      if (!masterKey) throw new Error(`the master key ${masterKeyId} is missing`);
      const dataKey = new DataKey(openBytes(masterKey.bytes, { sealed: sealedKey, about: aboutDataKey }));
      this.#opened.set(encryption, dataKey);
      return dataKey;
    });
  }

  async #sealWithKms(
    chosen: ChosenEncryption & { kind: 'SSE-KMS' },
    { bucketId, user }: SealingPlace,
    dataKey: DataKey,
  ): Promise<SealedDataKey> {
    const key = await this.keyManagement.find(chosen.key, { account: chosen.account, user: knownUser(user) });
    const { context, bucketKeyEnabled } = chosen;
    const sealedKey = bucketKeyEnabled
      ? this.#sealUnder(await this.#bucketKey(key, bucketId), dataKey, contextOf(chosen))
      : Buffer.concat([Buffer.from([directly]), await this.keyManagement.seal(key, dataKey.bytes, contextOf(chosen))]);
    const keyArn = this.keyManagement.arnOf(key);
    return { dataKey, encryption: { kind: 'SSE-KMS', keyArn, context, bucketKeyEnabled, sealedKey } };
  }

  async #openWithKms(encryption: ObjectEncryption & { kind: 'SSE-KMS' }, user: KeyBearer['user']): Promise<DataKey> {
    const key = await this.keyManagement.byArn(encryption.keyArn, knownUser(user));
    const { sealedKey } = encryption;
    const about = contextOf(encryption);
    if (sealedKey[0] === directly) {
      return new DataKey(await this.keyManagement.open(key, sealedKey.subarray(1), about));
    }
    const end = 3 + sealedKey.readUInt16BE(1);
    const bucketKey = await this.#openBucketKey(key, sealedKey.subarray(3, end));
    return new DataKey(openBytes(bucketKey.bytes, { sealed: sealedKey.subarray(end), about }));
  }

  #sealUnder({ bytes, sealed }: BucketKey, dataKey: DataKey, about: string): Buffer {
    const header = Buffer.alloc(3);
    header[0] = withBucketKey;
    header.writeUInt16BE(sealed.length, 1);
    const secret = { secret: dataKey.bytes, about };
    return Buffer.concat([header, sealed, sealBytes(bytes, secret, this.#context.random)]);
  }

  async #bucketKey(key: KmsKeyRecord, bucketId: string): Promise<BucketKey> {
    const name = `${bucketId} ${key.id}`;
    const kept = this.#bucketKeys.get(name);
    if (kept) return kept;
    const bytes = Buffer.from(this.#context.random.bytes(32));
    const bucketKey = { bytes, sealed: await this.keyManagement.seal(key, bytes, aboutBucketKey) };
    this.#bucketKeys.keep(name, bucketKey);
    this.#bucketKeys.keep(openedName(key, bucketKey.sealed), bucketKey);
    return bucketKey;
  }

  async #openBucketKey(key: KmsKeyRecord, sealed: Buffer): Promise<BucketKey> {
    const name = openedName(key, sealed);
    const kept = this.#bucketKeys.get(name);
    if (kept) return kept;
    const bucketKey = { bytes: await this.keyManagement.open(key, sealed, aboutBucketKey), sealed };
    this.#bucketKeys.keep(name, bucketKey);
    return bucketKey;
  }
}

function openedName(key: KmsKeyRecord, sealed: Buffer): string {
  return `${key.id} ${sealed.toString('base64')}`;
}

/** What a data key of SSE-KMS is bound to: the context that came with the request. */
function contextOf({ context }: { readonly context: string | undefined }): string {
  return `${aboutDataKey} ${context ?? ''}`;
}

/** Keys belong to accounts: whoever has none may use none. */
function knownUser(user: KeyBearer['user']): KeyUser {
  if (user !== 'anonymous') return user;
  throw invalidArgument(
    'Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.',
    'Authorization',
    'null',
  );
}

function openWithCustomerKey(
  { keyMd5, sealedKey }: ObjectEncryption & { kind: 'SSE-C' },
  customerKey: CustomerKey | undefined,
): DataKey {
  if (!customerKey) {
    throw new StorageError('InvalidRequest', {
      message:
        'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    });
  }
  try {
    if (customerKey.md5 === keyMd5) {
      return new DataKey(openBytes(customerKey.key, { sealed: sealedKey, about: aboutDataKey }));
    }
  } catch {
    // Answered as any other wrong key.
  }
  throw new StorageError('InvalidRequest', {
    message: 'The provided encryption parameters did not match the ones used originally.',
  });
}
