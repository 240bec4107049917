import { createGunzip } from 'node:zlib';
import { StorageError } from '../../domain/errors.ts';
import type { ByteSource } from '../../foundation/bytes.ts';

/** The bytes that a source has compressed with gzip. Rejects with SelectTruncatedInput for what is no such thing. */
export function gunzipSource(source: ByteSource): ByteSource {
  return {
    length: undefined,
    async pour(sink) {
      const gunzip = createGunzip();
      let failure: unknown;
      const feeding = source
        .pour(async (piece) => {
          // Kept by the decompressor for longer than the piece is ours.
          if (!gunzip.write(Buffer.from(piece))) await drained(gunzip);
        })
        .then(
          () => gunzip.end(),
          (error: unknown) => {
            failure = error;
            gunzip.destroy();
          },
        );
      try {
        for await (const piece of gunzip as AsyncIterable<Buffer>) await sink(piece);
      } catch (error) {
        if (failure !== undefined) throw failure;
        throw isZlibError(error) ? new StorageError('SelectTruncatedInput', { cause: error }) : error;
      } finally {
        gunzip.destroy();
        await feeding;
      }
      if (failure !== undefined) throw failure;
    },
    collect: () => Promise.reject(new Error('decompressed bytes are poured')),
  };
}

/** Also when it was destroyed: nobody waits then. */
function drained(gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      gunzip.off('drain', done).off('close', done);
      resolve();
    };
    if (gunzip.destroyed) return resolve();
    gunzip.on('drain', done).on('close', done);
  });
}

function isZlibError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && code.startsWith('Z_');
}
