import {
  type ChecksumAlgorithm,
  checksumAlgorithmNames,
  checksumAlgorithmOfHeader,
  checksumAlgorithms,
  checksumMismatch,
  decodeCanonicalBase64,
  parseChecksumAlgorithm,
  parseChecksumValue,
} from '../../domain/checksums.ts';
import { StorageError } from '../../domain/errors.ts';
import { digestOf, md5Hex } from '../../foundation/digests.ts';
import type { StoredChecksum } from '../../records/version-record.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import type { Field } from './field.ts';

/** What a client announces about the bytes of its body. */
export interface BodyDigests {
  /** Content-MD5, decoded. */
  readonly contentMd5: Buffer | undefined;
  /** At most one; its value stands in a header, or comes in the trailer. */
  readonly checksum: AnnouncedChecksum | undefined;
}

export interface AnnouncedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Undefined: it comes in the trailer, or the client only names the algorithm and leaves the computing to us. */
  readonly value: Buffer | undefined;
  readonly inTrailer: boolean;
}

export const readBodyDigests: Field<BodyDigests> = {
  name: 'Content-MD5, x-amz-checksum-*',
  read: (head) => ({ contentMd5: readContentMd5(head), checksum: readChecksum(head) }),
};

function readContentMd5({ headers }: RequestHead): Buffer | undefined {
  const text = headers['content-md5'];
  if (text === undefined) return undefined;
  const bytes = decodeCanonicalBase64(text.trim());
  if (bytes?.length !== 16) throw new StorageError('InvalidDigest', { fields: { 'Content-MD5': text } });
  return bytes;
}

function readChecksum(head: RequestHead): AnnouncedChecksum | undefined {
  const announced: AnnouncedChecksum[] = [];
  for (const name of head.amzHeaders) {
    if (!name.startsWith('x-amz-checksum-')) continue;
    const algorithm = checksumAlgorithmOfHeader(name);
    if (algorithm) {
      announced.push({ algorithm, value: parseChecksumValue(algorithm, head.headers[name]!), inTrailer: false });
    }
  }
  const trailer = head.headers['x-amz-trailer'];
  if (trailer !== undefined) announced.push(...readTrailerNames(trailer));
  if (announced.length > 1) {
    throw new StorageError('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    });
  }
  return agreeWithNamed(head, announced[0]);
}

function readTrailerNames(trailer: string): AnnouncedChecksum[] {
  return trailer.split(',').map((text) => {
    const algorithm = checksumAlgorithmOfHeader(text.trim());
    if (algorithm) return { algorithm, value: undefined, inTrailer: true };
    throw new StorageError('InvalidRequest', {
      message: 'The value specified in the x-amz-trailer header is not supported',
    });
  });
}

/** `x-amz-sdk-checksum-algorithm` names what the SDK sends; it must be what it sent. */
function agreeWithNamed(
  { headers }: RequestHead,
  announced: AnnouncedChecksum | undefined,
): AnnouncedChecksum | undefined {
  const text = headers['x-amz-sdk-checksum-algorithm'];
  if (text === undefined || text === '') return announced;
  const named = parseChecksumAlgorithm(text);
  if (announced === undefined) return { algorithm: named, value: undefined, inTrailer: false };
  if (announced.algorithm === named) return announced;
  throw new StorageError('InvalidRequest', {
    message: 'Value for x-amz-sdk-checksum-algorithm header is invalid.',
  });
}

export interface ReceivedBody {
  readonly md5: string;
  readonly digests: ReadonlyMap<ChecksumAlgorithm, Buffer>;
  readonly trailers: Readonly<Record<string, string>>;
}

/**
 * Holds what was announced against what was received. Throws BadDigest; answers the checksum to keep with the object.
 */
export function verifyBody({ contentMd5, checksum }: BodyDigests, received: ReceivedBody): StoredChecksum | undefined {
  if (contentMd5 !== undefined && contentMd5.toString('hex') !== received.md5) throw new StorageError('BadDigest');
  if (!checksum) return undefined;
  const computed = received.digests.get(checksum.algorithm)!;
  const announced = checksum.inTrailer ? trailerValue(checksum.algorithm, received.trailers) : checksum.value;
  if (announced !== undefined && !announced.equals(computed)) throw checksumMismatch(checksum.algorithm);
  return { algorithm: checksum.algorithm, value: computed.toString('base64'), type: 'FULL_OBJECT' };
}

function trailerValue(algorithm: ChecksumAlgorithm, trailers: Readonly<Record<string, string>>): Buffer {
  const text = trailers[checksumAlgorithms[algorithm].header];
  if (text === undefined) throw new StorageError('MalformedTrailer');
  return parseChecksumValue(algorithm, text);
}

/** For bodies that are read whole. */
export function checkBodyDigests(
  announced: BodyDigests,
  { bytes, trailers }: { bytes: Buffer; trailers: Readonly<Record<string, string>> },
): void {
  const algorithm = announced.checksum?.algorithm;
  verifyBody(announced, {
    md5: announced.contentMd5 ? md5Hex(bytes) : '',
    digests: algorithm ? new Map([[algorithm, digestOf(algorithm, bytes)]]) : new Map(),
    trailers,
  });
}

/** The headers that give a stored checksum back: asked for with `x-amz-checksum-mode: ENABLED`. */
export function checksumHeaders(checksum: StoredChecksum | undefined): Record<string, string> {
  if (!checksum) return {};
  return {
    [checksumAlgorithms[checksum.algorithm].header]: checksum.value,
    'x-amz-checksum-type': checksum.type,
  };
}

/** The elements that give a stored checksum back in XML documents. */
export function checksumElements(
  checksum: StoredChecksum | undefined,
): Partial<Record<`Checksum${ChecksumAlgorithm}`, string>> {
  return checksum ? { [checksumAlgorithms[checksum.algorithm].element]: checksum.value } : {};
}

/** The checksum that one part of a request's document repeats, where it does. */
export function checksumOfElements(
  elements: Partial<Record<`Checksum${ChecksumAlgorithm}`, string | undefined>>,
): { algorithm: ChecksumAlgorithm; value: string } | undefined {
  for (const algorithm of checksumAlgorithmNames) {
    const value = elements[checksumAlgorithms[algorithm].element];
    if (value !== undefined) return { algorithm, value };
  }
  return undefined;
}
