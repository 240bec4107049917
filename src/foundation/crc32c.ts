import { createRequire } from 'node:module';

type Checksum = (bytes: Buffer, previous: number) => number;

let compute: Checksum = (bytes, previous) => {
  compute = loadChecksum();
  return compute(bytes, previous);
};

/**
 * CRC32C (Castagnoli, RFC 3720 B.4) of `bytes`, as an unsigned 32-bit number. `previous` is the checksum of the bytes
 * before them: `crc32c(ab) === crc32c(b, crc32c(a))`. The native library is loaded at the first call, which takes some
 * 50 ms: a program that minds calls it once with no bytes while it starts.
 */
export function crc32c(bytes: Buffer, previous = 0): number {
  return compute(bytes, previous);
}

/** Only the native binding is loaded: the package's entry point would bring MQTT, HTTP and credentials along. */
function loadChecksum(): Checksum {
  const binding: { checksums_crc32c: Checksum } = createRequire(import.meta.url)(
    'aws-crt/dist/native/binding.js',
  ).default;
  return binding.checksums_crc32c;
}
