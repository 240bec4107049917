import { StorageError } from '../../domain/errors.ts';

/** The five parts of a version 4 credential: `access key / date / region / service / aws4_request`. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** `yyyyMMdd`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** All but the access key, as it stands in the string to sign. */
  readonly scope: string;
}

export interface ExpectedScope {
  readonly region: string;
  /** Taken as well: clients of IAM sign for `us-east-1` wherever they are. */
  readonly otherRegion?: string | undefined;
  readonly service: string;
}

/** What is wrong with a credential, in AWS's words, which header and query wrap differently. */
export interface ScopeFault {
  readonly fault: string;
  /** Where the region was wrong: the right one. Clients that look for a bucket's region read it. */
  readonly region?: string;
}

/** Services that SDKs ask through their S3 clients (directory buckets, Object Lambda), and that there are none of here. */
const siblingServices: ReadonlySet<string> = new Set(['s3express', 's3-object-lambda', 's3-outposts']);

/** Reads a credential and holds it against this endpoint. Throws NotImplemented for another service of S3's. */
export function readCredentialScope(credential: string, expected: ExpectedScope): CredentialScope | ScopeFault {
  const scope = parseCredential(credential);
  return 'fault' in scope ? scope : (scopeFault(scope, expected) ?? scope);
}

/** Reads a credential of any endpoint's. */
export function parseCredential(credential: string): CredentialScope | ScopeFault {
  const parts = credential.split('/');
  const [accessKeyId = '', date = '', region = '', service = '', terminal] = parts;
  if (parts.length !== 5 || accessKeyId === '') {
    return {
      fault: 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    };
  }
  if (!/^\d{8}$/.test(date)) {
    return {
      fault: `incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`,
    };
  }
  if (terminal !== 'aws4_request') {
    return { fault: `incorrect terminal "${terminal}". This endpoint uses "aws4_request".` };
  }
  return { accessKeyId, date, region, service, scope: credential.slice(accessKeyId.length + 1) };
}

/** What makes a credential one for another endpoint. Throws NotImplemented for another service of S3's. */
export function scopeFault({ region, service }: CredentialScope, expected: ExpectedScope): ScopeFault | undefined {
  if (service !== expected.service) {
    if (expected.service === 's3' && siblingServices.has(service)) {
      throw new StorageError('NotImplemented', { message: `Cairn does not implement the service ${service}.` });
    }
    return { fault: `incorrect service "${service}". This endpoint belongs to "${expected.service}".` };
  }
  if (region === expected.region || region === expected.otherRegion) return undefined;
  // MinIO's clients sign for STS without a region unless they are told one, and so does boto3 that is told an empty one.
  if (region === '' && (service === 'sts' || service === 'iam')) return undefined;
  return { fault: `the region '${region}' is wrong; expecting '${expected.region}'`, region: expected.region };
}
