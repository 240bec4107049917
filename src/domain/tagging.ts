import { invalidArgument, StorageError } from './errors.ts';

/** One tag of an object or a bucket. */
export interface Tag {
  readonly key: string;
  /** May be empty. */
  readonly value: string;
}

/** How many tags a thing may have (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html). */
export const tagLimits = { object: 10, bucket: 50, keyLength: 128, valueLength: 256 } as const;

const allowedText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * Throws InvalidTag unless these tags may be put together on one object (or bucket): at most 10 (50), keys of 1 to 128
 * and values of up to 256 characters, no key twice, only letters, digits, spaces and `_ . : / = + - @`. Keys that begin
 * with `aws:` belong to the system.
 */
export function checkTags(tags: readonly Tag[], owner: 'object' | 'bucket'): void {
  if (tags.length > tagLimits[owner]) {
    const message =
      owner === 'object'
        ? `Object tags cannot be greater than ${tagLimits.object}`
        : `Bucket tag count cannot be greater than ${tagLimits.bucket}`;
    throw new StorageError('InvalidTag', { message });
  }
  const seen = new Set<string>();
  for (const { key, value } of tags) {
    if (key === '' || isLongerThan(key, tagLimits.keyLength) || !allowedText.test(key)) {
      throw invalidTag('The TagKey you have provided is invalid', { TagKey: key });
    }
    if (key.toLowerCase().startsWith('aws:')) {
      const message =
        owner === 'object'
          ? 'Your TagKey cannot be prefixed with aws:'
          : 'System tags cannot be added/updated by requester';
      throw invalidTag(message, { TagKey: key });
    }
    if (isLongerThan(value, tagLimits.valueLength) || !allowedText.test(value)) {
      throw invalidTag('The TagValue you have provided is invalid', { TagKey: key, TagValue: value });
    }
    if (seen.has(key)) throw invalidTag('Cannot provide multiple Tags with the same key', { TagKey: key });
    seen.add(key);
  }
}

/**
 * The tags in an `x-amz-tagging` header, which is spelt as a form is: `key=value&key=value`, percent-encoded, `+` for a
 * space. Throws InvalidArgument where it is not, or names a key twice, and InvalidTag as `checkTags` does.
 */
export function parseTaggingHeader(header: string): Tag[] {
  const tags: Tag[] = [];
  for (const pair of header.split('&')) {
    if (pair === '') continue;
    // A count far beyond the limit is refused before anything is decoded.
    if (tags.length > tagLimits.object) break;
    const at = pair.indexOf('=');
    const key = decodeFormText(at < 0 ? pair : pair.slice(0, at));
    const encoded = at < 0 ? '' : pair.slice(at + 1);
    const value = encoded.includes('=') ? undefined : decodeFormText(encoded);
    if (key === undefined || value === undefined || key === '' || tags.some((tag) => tag.key === key)) {
      throw invalidArgument(
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
        'x-amz-tagging',
        header,
      );
    }
    tags.push({ key, value });
  }
  checkTags(tags, 'object');
  return tags;
}

function isLongerThan(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > limit * 2) return true;
  return [...text].length > limit;
}

function decodeFormText(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function invalidTag(message: string, fields: Readonly<Record<string, string>>): StorageError {
  return new StorageError('InvalidTag', { message, fields });
}
