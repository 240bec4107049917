import { StorageError } from '../domain/errors.ts';
import type { Address, RequestHead } from './request-head.ts';

/**
 * What a request points at. A host `<bucket>.<domain>` of one of the configured domains is virtual-host style; every
 * other host is path style. The path is decoded exactly once, here, and never normalised: `//`, `.` and `..` are
 * ordinary parts of keys.
 */
export function readAddress(host: string, rawPath: string, domains: readonly string[]): Address {
  const bucketOfHost = bucketFromHost(host, domains);
  if (bucketOfHost !== undefined) return readAddressIn(bucketOfHost, rawPath);
  const path = decodePath(rawPath);
  const slash = path.indexOf('/', 1);
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash);
  const key = slash < 0 ? '' : path.slice(slash + 1);
  if (bucket === '' && key !== '') throw new StorageError('InvalidBucketName', { fields: { BucketName: '' } });
  return { style: 'path', bucket: bucket === '' ? undefined : bucket, key: key === '' ? undefined : key };
}

/** The version of S3 Control's API, which its paths begin with. */
const controlPath = '/v20180820/';

/**
 * S3 Control's requests name an account in a header, whatever host they are sent to; by that they are told apart from
 * requests about a bucket of this name. Undefined for all others.
 */
export function readAccountAddress(headers: RequestHead['headers'], rawPath: string): Address | undefined {
  if (!rawPath.startsWith(controlPath) || headers['x-amz-account-id'] === undefined) return undefined;
  return { style: 'account', bucket: undefined, key: rawPath.slice(controlPath.length) };
}

/** Where the host says which bucket it is, the path is a key. */
export function readAddressIn(bucket: string, rawPath: string): Address {
  const path = decodePath(rawPath);
  return { style: 'virtual-host', bucket, key: path.length > 1 ? path.slice(1) : undefined };
}

/** The bucket that a host of one of the configured domains stands for. */
export function bucketFromHost(host: string, domains: readonly string[]): string | undefined {
  if (domains.length === 0) return undefined;
  const colon = host.lastIndexOf(':');
  const name = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  for (const domain of domains) {
    if (name.length > domain.length + 1 && name.endsWith(domain) && name[name.length - domain.length - 1] === '.') {
      return name.slice(0, name.length - domain.length - 1);
    }
  }
  return undefined;
}

function decodePath(rawPath: string): string {
  if (rawPath[0] !== '/') throw new StorageError('InvalidUri');
  if (!rawPath.includes('%')) {
    // Node hands the target over as latin1 text: unencoded bytes above 127 are UTF-8 that a client did not encode.
    return isAscii(rawPath) ? rawPath : decodeUtf8(Buffer.from(rawPath, 'latin1'));
  }
  try {
    return decodeURIComponent(isAscii(rawPath) ? rawPath : decodeUtf8(Buffer.from(rawPath, 'latin1')));
  } catch {
    throw new StorageError('InvalidUri');
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new StorageError('InvalidUri');
  }
}
