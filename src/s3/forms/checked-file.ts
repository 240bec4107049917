import { uploadLimits } from '../../domain/multipart.ts';
import { checkPostedSize, type SizeRange } from '../../domain/post-policy.ts';
import { type ByteSource, sourceOf } from '../../foundation/bytes.ts';
import type { MultipartForm } from './multipart-form.ts';

/** Up to here a file is gathered: its length is then known, as PutObject's is, and it can be stored as a small object. */
const gatheredBytes = 128 * 1024;

/** The file of a form, held to the sizes that it may have: one that is too large is refused while it still comes. */
export async function checkedFile(form: MultipartForm, allowed: SizeRange): Promise<ByteSource> {
  const sizes = { min: allowed.min, max: Math.min(allowed.max, uploadLimits.maximumSinglePutSize) };
  const file: Pick<ByteSource, 'pour'> = {
    async pour(sink) {
      let size = 0;
      await form.file.pour((piece) => {
        size += piece.length;
        checkPostedSize(size, sizes, 'growing');
        return sink(piece);
      });
      checkPostedSize(size, sizes, 'whole');
    },
  };
  if (form.length > gatheredBytes) return { ...form.file, pour: file.pour };
  const pieces: Buffer[] = [];
  await file.pour((piece) => {
    pieces.push(piece);
  });
  return sourceOf(Buffer.concat(pieces));
}
