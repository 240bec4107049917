import { createGzip } from 'node:zlib';
import type { ByteSource } from '../../foundation/bytes.ts';

/** The lines, compressed, as they are made: nothing is made faster than it is taken. */
export function gzipSource(lines: AsyncIterable<string>): ByteSource {
  return {
    length: undefined,
    async pour(sink) {
      const gzip = createGzip();
      const feeding = (async () => {
        for await (const line of lines) {
          if (!gzip.write(line))
            await new Promise<void>((resolve) => gzip.once('drain', resolve).once('close', resolve));
          if (gzip.destroyed) return;
        }
        gzip.end();
      })();
      // A failure of the lines ends the compressed bytes; whoever reads these hears of it below.
      feeding.catch((error: unknown) => gzip.destroy(error as Error));
      try {
        for await (const piece of gzip as AsyncIterable<Buffer>) await sink(piece);
      } finally {
        gzip.destroy();
      }
      await feeding;
    },
    collect: () => Promise.reject(new Error('compressed lines are poured')),
  };
}
