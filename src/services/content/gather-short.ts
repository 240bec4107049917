import type { ByteSource, Sink } from '../../foundation/bytes.ts';

/** What a source of unknown length turned out to be. */
export type Gathered =
  /** All of its bytes. */
  | { readonly kind: 'short'; readonly bytes: Buffer }
  /** There are more: `source` pours them all, from the first one on. Whoever does not want them ends them. */
  | { readonly kind: 'long'; readonly source: ByteSource; abandon(): Promise<void> };

/** Takes bytes in until it is known whether there are more than `limit`. Rejects as the source does. */
export async function gatherShort(source: ByteSource, limit: number): Promise<Gathered> {
  const pieces: Buffer[] = [];
  let size = 0;
  let sink: Sink | undefined;
  const isLong = Promise.withResolvers<void>();
  const taker = Promise.withResolvers<Sink>();
  const begin = async (given: Sink, piece: Buffer): Promise<void> => {
    sink = given;
    for (const gathered of pieces.splice(0)) await given(gathered);
    await given(piece);
  };
  const poured = source.pour((piece) => {
    if (sink) return sink(piece);
    size += piece.length;
    if (size > limit) {
      isLong.resolve();
      return taker.promise.then((given) => begin(given, piece));
    }
    pieces.push(Buffer.from(piece));
  });
  await Promise.race([poured, isLong.promise]);
  if (size <= limit) return { kind: 'short', bytes: Buffer.concat(pieces, size) };
  poured.catch(() => {});
  return {
    kind: 'long',
    source: {
      length: undefined,
      pour(given) {
        taker.resolve(given);
        return poured;
      },
      // Only short sources are collected, and this one is not.
      collect: () => Promise.reject(new Error('a long source is poured')),
    },
    async abandon() {
      taker.reject(new Error('nobody takes the rest of the bytes'));
      await poured.catch(() => {});
    },
  };
}
