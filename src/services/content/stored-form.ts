import type { ContentId } from '../../records/keyspace.ts';
import type { Content, StoredForm } from '../../records/version-record.ts';
import { sealedLength } from './chunk-cipher.ts';

/** How many bytes are stored of a content of `size` bytes; those of the parts of one that is made of parts. */
export function storedLength(content: Content, size: number): number {
  return content.kind === 'inline' || content.kind === 'blob' ? lengthInForm(content.form, size) : size;
}

export function lengthInForm(form: StoredForm | undefined, size: number): number {
  if (form === undefined) return size;
  const length = form.compressedSize ?? size;
  return form.isEncrypted ? sealedLength(length) : length;
}

/** The form of the same stored bytes under another id: they need not be encrypted anew, but their key keeps its name. */
export function formElsewhere({ id, form }: { readonly id: ContentId; readonly form?: StoredForm | undefined }) {
  return form?.isEncrypted ? { ...form, encryptedAs: form.encryptedAs ?? id } : form;
}
