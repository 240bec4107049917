import type { AccessLogEntry } from '../domain/access-log-line.ts';
import type { AccessLogging, AccessLogSource } from '../domain/access-logging.ts';

import type { Verdict } from '../services/authorization/verdict.ts';

/** What happened to one request, told once, when it is over. Metrics, access log and audit trail are made from it. */
export interface Outcome {
  /** The operation's AWS name, or undefined where the request was none. */
  readonly operation: string | undefined;
  /** Access key id of the signer; undefined for anonymous requests and for signatures that did not hold. */
  readonly principal: string | undefined;
  readonly accountId?: string;
  /** Why the gate let it through, or did not; undefined where it never came so far. */
  readonly decision?: Verdict;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly method: string;
  /** The path as it was sent, and of the query only the parts that carry no credentials: see `withoutSecrets`. */
  readonly target: string;
  readonly status: number;
  /** The S3 error code of the answer. */
  readonly errorCode: string | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly milliseconds: number;
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly userAgent: string | undefined;
  /** What goes into the access logs of buckets; undefined for nearly all requests, whose buckets keep none. */
  readonly bucketLogs?: readonly BucketLog[] | undefined;
}

/** A request as the access log of one bucket tells of it. */
export interface BucketLog {
  readonly bucketId: string;
  readonly source: AccessLogSource;
  /** As it is configured for this request. */
  readonly logging: AccessLogging;
  readonly entry: AccessLogEntry;
}

/** Learns of every outcome. Never throws, never waits: the request that it came from is over. */
export type OutcomeSubscriber = (outcome: Outcome) => void;

const secretParameter =
  /^(x-amz-(signature|credential|security-token|signedheaders|(copy-source-)?server-side-encryption-customer-key)|signature|awsaccesskeyid)$/i;

/** A request target fit for a log: the values of query parameters that authenticate are left out. */
export function withoutSecrets(target: string): string {
  const start = target.indexOf('?');
  if (start < 0) return target;
  const parts = target
    .slice(start + 1)
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=');
      const name = equals < 0 ? part : part.slice(0, equals);
      return secretParameter.test(decodedName(name)) ? `${name}=***` : part;
    });
  return `${target.slice(0, start)}?${parts.join('&')}`;
}

function decodedName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
