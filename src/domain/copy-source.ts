import { invalidArgument, StorageError } from './errors.ts';

/** The object that a copy reads. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  /** Undefined for the newest version. `null` is the text of S3's null version. */
  readonly versionId: string | undefined;
}

const versionParameter = '?versionId=';

/**
 * The object that `x-amz-copy-source` names: `bucket/key` or `/bucket/key`, percent-encoded once, and `?versionId=…`
 * after it. `+` is a space, as AWS decodes it (clients that mean a plus send `%2B`). Some clients encode the slash after
 * the bucket too, and some do not encode a `?` in the key: only the last literal `?versionId=` begins a version.
 *
 * Throws InvalidArgument where no bucket and key can be read, NotImplemented for the ARN of an access point.
 */
export function parseCopySource(header: string): CopySource {
  if (header === '') throw incomplete(header);
  const versionAt = header.lastIndexOf(versionParameter);
  const path = decode(versionAt < 0 ? header : header.slice(0, versionAt), header);
  const versionId = versionAt < 0 ? undefined : decode(header.slice(versionAt + versionParameter.length), header);
  if (versionId === '') {
    throw invalidArgument('Version id cannot be the empty string', 'x-amz-copy-source', header);
  }
  const source = path.startsWith('/') ? path.slice(1) : path;
  if (source.startsWith('arn:')) {
    throw new StorageError('NotImplemented', {
      message: 'A copy source that is the ARN of an access point is not implemented.',
      fields: { Header: 'x-amz-copy-source' },
    });
  }
  const slash = source.indexOf('/');
  if (slash <= 0 || slash === source.length - 1) throw incomplete(header);
  return { bucket: source.slice(0, slash), key: source.slice(slash + 1), versionId };
}

function decode(text: string, header: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidArgument('Invalid copy source encoding: it must be URL-encoded UTF-8', 'x-amz-copy-source', header);
  }
}

function incomplete(header: string): StorageError {
  return invalidArgument(
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    'x-amz-copy-source',
    header,
  );
}
