import { isUtf8 } from 'node:buffer';
import { type ChosenEncryption, hidesPlaintext, type ObjectEncryption } from '../domain/encryption.ts';
import { invalidArgument, StorageError } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { type MaybePromise, whenReady } from '../foundation/bytes.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { UploadRecord } from '../records/upload-record.ts';
import type { ObjectHeaders, ObjectVersion } from '../records/version-record.ts';
import type { SealedDataKey, Storing } from '../services/content/storing.ts';
import { compresses, defaultEncryption } from '../services/content/storing-by-default.ts';
import { type DataKey, withOpenChecksum } from '../services/encryption/data-key.ts';
import type { KeyBearer } from '../services/encryption/encryption-service.ts';
import type { ObjectBearer } from '../services/objects/object-service.ts';
import type { PartPage } from '../services/uploads/upload-service.ts';
import type { ReplyHeaders } from '../wire/reply.ts';
import { type CustomerKeyHeaders, customerKeyIn, type EncryptionHeaders } from './fields/encryption-fields.ts';
import type { S3Services } from './s3-services.ts';

type EncryptionServices = Pick<S3Services, 'encryption' | 'sseCOverHttp'>;

/** Where, by whom and with which words an object is written. */
export interface NewContent {
  readonly bucket: BucketRecord;
  readonly principal: Principal;
  readonly headers: EncryptionHeaders | undefined;
  /** What is said of the bytes. */
  readonly described: ObjectHeaders;
}

/**
 * How the bytes of a new object are stored. Undefined, at once, where nothing is asked for and the bucket asks for
 * nothing.
 */
export function storingOf(content: NewContent, services: EncryptionServices): MaybePromise<Storing | undefined> {
  const { bucket, headers } = content;
  if (headers === undefined && bucket.encryption === undefined && bucket.compression === undefined) return undefined;
  return sealedStoring(content, services);
}

function sealedStoring(content: NewContent, services: EncryptionServices): MaybePromise<Storing | undefined> {
  const { bucket, principal, described } = content;
  const chosen = chosenEncryption(content, services);
  const compress = compresses(bucket, described);
  const place = { bucketId: bucket.id, user: userOf(principal) };
  return whenReady(chosen && services.encryption.seal(chosen, place), (key) =>
    key || compress ? { key, compress } : undefined,
  );
}

/** What the request, or else the bucket, says a new object shall be encrypted with. */
export function chosenEncryption(
  { bucket, principal, headers }: Omit<NewContent, 'described'>,
  services: EncryptionServices,
): ChosenEncryption | undefined {
  return (headers && requestedEncryption(headers, { bucket, principal }, services)) ?? defaultEncryption(bucket);
}

function requestedEncryption(
  headers: EncryptionHeaders,
  { bucket, principal }: Pick<NewContent, 'bucket' | 'principal'>,
  { sseCOverHttp }: EncryptionServices,
): ChosenEncryption | undefined {
  const { algorithm, customer } = headers;
  if (customer) {
    if (algorithm !== undefined) {
      throw invalidArgument(
        'Server Side Encryption with Customer provided key is incompatible with the encryption method specified',
        'x-amz-server-side-encryption',
        algorithm,
      );
    }
    if (bucket.encryption?.blocksCustomerKeys) {
      throw new StorageError('AccessDenied', {
        message: 'The bucket blocks server-side encryption with customer-provided keys (SSE-C).',
      });
    }
    const customerKey = customerKeyIn(customer, { overHttp: sseCOverHttp });
    requireOnlyWithKms(headers);
    return { kind: 'SSE-C', customerKey };
  }
  if (algorithm === 'aws:kms') return requestedKms(headers, bucket, principal);
  if (algorithm === 'aws:kms:dsse') {
    throw new StorageError('NotImplemented', { message: 'Cairn does not implement encryption in two layers.' });
  }
  if (algorithm !== undefined && algorithm !== 'AES256') {
    throw invalidArgument(
      'The encryption method specified is not supported',
      'x-amz-server-side-encryption',
      algorithm,
    );
  }
  requireOnlyWithKms(headers);
  return algorithm === 'AES256' ? { kind: 'SSE-S3' } : undefined;
}

/** The other headers mean something for SSE-KMS only; a bucket key may be asked for where the bucket's default is that. */
function requireOnlyWithKms({ keyId, context, algorithm }: EncryptionHeaders): void {
  const [name, value] = keyId === undefined ? ['context', context] : ['aws-kms-key-id', keyId];
  if (value === undefined) return;
  throw invalidArgument(
    'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    `x-amz-server-side-encryption${algorithm === undefined ? '' : `-${name}`}`,
    algorithm ?? 'null',
  );
}

function requestedKms(
  { keyId, context, bucketKey }: EncryptionHeaders,
  bucket: BucketRecord,
  principal: Principal,
): ChosenEncryption {
  const standard = bucket.encryption;
  const isStandard = keyId === undefined && standard?.kind === 'SSE-KMS';
  return {
    kind: 'SSE-KMS',
    key: isStandard ? standard.key : keyId || undefined,
    account: isStandard || principal.kind === 'anonymous' ? bucket.ownerAccountId : principal.account.accountId,
    context: context === undefined ? undefined : canonicalContext(context),
    bucketKeyEnabled: bucketKey === undefined ? (standard?.bucketKeyEnabled ?? false) : flag(bucketKey),
  };
}

function flag(text: string): boolean {
  const value = text.toLowerCase();
  if (value === 'true' || value === 'false') return value === 'true';
  throw invalidArgument(
    'The value of the header must be true or false.',
    'x-amz-server-side-encryption-bucket-key-enabled',
    text,
  );
}

/** As AWS bounds it. */
const longestContext = 8192;

/** Base64 of a JSON object of strings. Two that say the same are the same. */
function canonicalContext(header: string): string {
  const bytes = Buffer.from(header, 'base64');
  const refused = () =>
    invalidArgument(
      'The header x-amz-server-side-encryption-context shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map',
      'x-amz-server-side-encryption-context',
      header,
    );
  if (header.length > longestContext || !isUtf8(bytes)) throw refused();
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString());
  } catch {
    throw refused();
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw refused();
  const entries = Object.entries(parsed);
  if (entries.some(([, value]) => typeof value !== 'string')) throw refused();
  entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

export function userOf(principal: Principal): KeyBearer['user'] {
  return principal.kind === 'anonymous' ? 'anonymous' : { accountId: principal.account.accountId };
}

/** Whose keys a request may use, and the key that came with it. `weigh` says whether it may read the very version. */
export function bearerOf(
  principal: Principal,
  {
    customer,
    weigh,
  }: { customer: CustomerKeyHeaders | undefined; weigh?: (version: ObjectVersion) => MaybePromise<void> },
  { sseCOverHttp }: EncryptionServices,
): ObjectBearer {
  const customerKey = customer && customerKeyIn(customer, { overHttp: sseCOverHttp });
  return { user: userOf(principal), customerKey, ...(weigh && { weigh }) };
}

/** How S3 says in an answer that an object is encrypted. Nothing for one that is not. */
export function encryptionReply(encryption: ObjectEncryption | undefined): ReplyHeaders | undefined {
  if (encryption === undefined) return undefined;
  if (encryption.kind === 'SSE-S3') return { 'x-amz-server-side-encryption': 'AES256' };
  if (encryption.kind === 'SSE-C') {
    return {
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
      'x-amz-server-side-encryption-customer-key-MD5': encryption.keyMd5,
    };
  }
  return {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': toldKey(encryption.keyArn),
    'x-amz-server-side-encryption-bucket-key-enabled': encryption.bucketKeyEnabled ? 'true' : undefined,
  };
}

/** The ids that AWS draws, and so does Cairn. */
const drawnKeyId = /:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * How a KMS key is named in answers: by its ARN, as AWS does; by its id where that was chosen when the key was made, which
 * AWS does not know: other stores answer with the name that was asked for, and so do their clients expect it.
 */
function toldKey(arn: string): string {
  return drawnKeyId.test(arn) ? arn : arn.slice(arn.lastIndexOf('/') + 1);
}

/** The same for a write, which is told its context too. */
export function writtenEncryptionReply(encryption: ObjectEncryption | undefined): ReplyHeaders | undefined {
  const headers = encryptionReply(encryption);
  if (encryption?.kind !== 'SSE-KMS' || encryption.context === undefined) return headers;
  return {
    ...headers,
    'x-amz-server-side-encryption-context': Buffer.from(encryption.context).toString('base64'),
  };
}

interface UploadKey {
  readonly bucket: BucketRecord;
  readonly upload: UploadRecord;
  readonly bearer: KeyBearer;
}

/** How a part is stored: as its upload was begun, whose key has to come along again where it is a customer's. */
export async function partStoring(
  { bucket, upload, bearer }: UploadKey,
  services: EncryptionServices,
): Promise<Storing | undefined> {
  const key = await uploadKey(upload, bearer, services);
  const compress = compresses(bucket, upload.headers);
  return key || compress ? { key, compress } : undefined;
}

/** The key of an upload. Throws InvalidRequest where it is a customer's and another one came, or none. */
export async function uploadKey(
  { encryption }: UploadRecord,
  bearer: KeyBearer,
  services: EncryptionServices,
): Promise<SealedDataKey | undefined> {
  if (encryption === undefined && bearer.customerKey === undefined) return undefined;
  const dataKey = await services.encryption.open(encryption, bearer);
  return dataKey && encryption && { dataKey, encryption };
}

interface Disclosure {
  readonly principal: Principal;
  readonly customer: CustomerKeyHeaders | undefined;
  /** Checksums are to be told. */
  readonly withChecksums: boolean;
}

/**
 * The data key of a version of which no bytes are read, as far as it is needed: S3 wants to see a customer's key for all
 * that it tells, and asks the key management for sealed checksums alone.
 */
export function keyForHead(
  { encryption }: ObjectVersion,
  { principal, customer, withChecksums }: Disclosure,
  services: EncryptionServices,
): MaybePromise<DataKey | undefined> {
  const isNeeded = encryption?.kind === 'SSE-C' || (encryption?.kind === 'SSE-KMS' && withChecksums);
  if (!isNeeded && customer === undefined) return undefined;
  return services.encryption.open(encryption, bearerOf(principal, { customer }, services));
}

/** Parts as they are listed. Checksums that only a customer's key opens are left out where that did not come along. */
export async function withKnownChecksums(
  { upload, parts }: Pick<PartPage, 'upload' | 'parts'>,
  { principal, customer }: Omit<Disclosure, 'withChecksums'>,
  services: EncryptionServices,
): Promise<PartPage['parts']> {
  if (!hidesPlaintext(upload.encryption?.kind) && customer === undefined) return parts;
  if (upload.encryption?.kind === 'SSE-C' && customer === undefined) {
    return parts.map((part) => ({ ...part, checksum: undefined }));
  }
  const key = await uploadKey(upload, bearerOf(principal, { customer }, services), services);
  return parts.map((part) => withOpenChecksum(part, key?.dataKey));
}
