import { createHash, hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { crc32 } from 'node:zlib';
import { Xxh64, xxh3, xxh64 } from '@node-rs/xxhash';
import { crc32c } from './crc32c.ts';
import { Xxhash128, xxhash128 } from './xxhash128.ts';

/** The digests that objects can be checked with, by the names S3 gives them. */
export type DigestAlgorithm =
  | 'CRC32'
  | 'CRC32C'
  | 'CRC64NVME'
  | 'MD5'
  | 'SHA1'
  | 'SHA256'
  | 'SHA512'
  | 'XXHASH64'
  | 'XXHASH3'
  | 'XXHASH128';

/** A digest of bytes that come in pieces. Each piece is read before `update` returns, and not kept. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** The digest of everything so far, most significant byte first. To be called once, at the end. */
  digest(): Buffer;
}

/** A new running digest. */
export function createDigest(algorithm: DigestAlgorithm): Digest {
  switch (algorithm) {
    case 'CRC32':
      return runningChecksum((bytes, previous) => crc32(bytes, previous));
    case 'CRC32C':
      return runningChecksum((bytes, previous) => crc32c(asBuffer(bytes), previous));
    case 'CRC64NVME':
      return runningCrc64();
    case 'XXHASH64':
      return runningXxhash(new Xxh64());
    case 'XXHASH3':
      return runningXxhash(xxh3.Xxh3.withSeed());
    case 'XXHASH128':
      return new Xxhash128();
    default:
      return createHash(nodeNames[algorithm]);
  }
}

/** The digest of bytes that are all there. For small ones much cheaper than `createDigest`. */
export function digestOf(algorithm: DigestAlgorithm, bytes: Uint8Array): Buffer {
  switch (algorithm) {
    case 'CRC32':
      return bytesOf32(crc32(bytes));
    case 'CRC32C':
      return bytesOf32(crc32c(asBuffer(bytes), 0));
    case 'CRC64NVME':
      return bytesOfView(native().checksums_crc64nvme(asBuffer(bytes), undefined));
    case 'XXHASH64':
      return bytesOf64(xxh64(bytes));
    case 'XXHASH3':
      return bytesOf64(xxh3.xxh64(bytes));
    case 'XXHASH128':
      return xxhash128(bytes);
    default:
      return hash(nodeNames[algorithm], bytes, 'buffer');
  }
}

/** An MD5 in hex, as ETags have it. */
export function md5Hex(bytes: Uint8Array): string {
  return hash('md5', bytes, 'hex');
}

const nodeNames = { MD5: 'md5', SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const;

function runningChecksum(step: (bytes: Uint8Array, previous: number) => number): Digest {
  let value = 0;
  return {
    update(bytes) {
      value = step(bytes, value);
    },
    digest: () => bytesOf32(value),
  };
}

function runningXxhash(state: { update(bytes: Uint8Array): unknown; digest(): bigint }): Digest {
  return {
    update(bytes) {
      state.update(bytes);
    },
    digest: () => bytesOf64(state.digest()),
  };
}

function runningCrc64(): Digest {
  const { checksums_crc64nvme: step } = native();
  let view: DataView | undefined;
  return {
    update(bytes) {
      view = step(asBuffer(bytes), view);
    },
    digest: () => (view === undefined ? Buffer.alloc(8) : bytesOfView(view)),
  };
}

/** The part of the native library's binding that is used here; its own types do not cover it. */
interface NativeChecksums {
  /** Both arguments must be given: it counts them. */
  checksums_crc64nvme(bytes: Buffer, previous: DataView | undefined): DataView;
}

let loaded: NativeChecksums | undefined;

/** Loaded at first use: it takes tens of milliseconds, which a program that needs no CRC64NVME should not wait. */
function native(): NativeChecksums {
  if (loaded === undefined) {
    const binding = createRequire(import.meta.url)('aws-crt/dist/native/binding.js');
    loaded = (binding.default ?? binding) as NativeChecksums;
  }
  return loaded;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function bytesOf64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

function bytesOfView(view: DataView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
