import { StorageError } from '../../domain/errors.ts';
import type { RemoteAnswer } from './remote-store.ts';

/** A destination does not take a version, and will not when it is asked once more. */
export class ReplicationRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplicationRefusedError';
  }
}

/** A destination takes nothing at present: whatever the version, it is tried again later. */
export class DestinationUnavailableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DestinationUnavailableError';
  }
}

/** Codes that say nothing of the version, but of the destination as a whole: for people to put right. */
const ofTheWhole = new Set([
  'AccountProblem',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'NoSuchBucket',
  'NotSignedUp',
  'OperationAborted',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'SignatureDoesNotMatch',
  'SlowDown',
]);

/** Throws, as what the destination said deserves, unless it is a success. */
export function requireSuccess(answer: RemoteAnswer): RemoteAnswer {
  const { status, text } = answer;
  const code = /<Code>([\w.]+)<\/Code>/.exec(text)?.[1];
  // CompleteMultipartUpload may answer 200 with an error in it.
  if (status >= 200 && status < 300 && !text.includes('<Error>')) return answer;
  const message = /<Message>([^<]{1,300})/.exec(text)?.[1];
  const words = `${status} ${[code, message].filter(Boolean).join(': ')}`.trim();
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (isRefusal && !(code !== undefined && ofTheWhole.has(code))) throw new ReplicationRefusedError(words);
  throw new DestinationUnavailableError(words);
}

const transientKinds: ReadonlySet<string> = new Set([
  'InternalError',
  'NoSuchBucket',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'StorageFull',
]);

/** The same for what this server itself says of one of its buckets. */
export function asReplicationFailure(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  const words = `${error.kind}: ${error.message}`;
  return transientKinds.has(error.kind) ? new DestinationUnavailableError(words) : new ReplicationRefusedError(words);
}
