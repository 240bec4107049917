import { isUtf8 } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { decodeCanonicalBase64 } from '../../domain/checksums.ts';
import { invalidArgument, StorageError } from '../../domain/errors.ts';
import {
  anySize,
  checkPostPolicy,
  type PostFields,
  parsePostPolicy,
  type SizeRange,
} from '../../domain/post-policy.ts';
import { anonymous, type Principal } from '../../domain/principal.ts';
import type { AuthenticationContext, Credential } from './authenticate.ts';
import { readCredentialScope } from './credential-scope.ts';
import { allowedSkew, parseBasicTime } from './request-time.ts';
import { sameSignature } from './same-signature.ts';

/** Who a form comes from, and what the policy that they signed says about its file. */
export interface AuthenticatedForm {
  readonly principal: Principal;
  readonly sizes: SizeRange;
}

/**
 * Finds out who signed a browser form, and holds the form to the policy that they signed. `fields` are those that the
 * upload will go by. Throws StorageError for every signature that is not in order and every condition that does not
 * hold; only a form that does not try to sign is anonymous.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
export async function authenticateForm(fields: PostFields, context: AuthenticationContext): Promise<AuthenticatedForm> {
  const isV4 = fieldsV4.some((name) => fields.has(name));
  const isV2 = fieldsV2.some((name) => fields.has(name));
  if (!isV4 && !isV2 && !fields.has('policy')) return { principal: anonymous, sizes: anySize };
  if (isV4 && isV2) {
    throw invalidArgument('Only one auth mechanism allowed', 'signature', fields.get('signature') ?? '');
  }
  const claim = isV4 ? claimV4(fields, context) : claimV2(fields, context);
  const { accessKeyId, policy, signature } = claim;
  const document = decodePolicy(policy);
  const credential = await context.findCredential(accessKeyId, fields.get('x-amz-security-token'));
  if (!credential) throw new StorageError('InvalidAccessKeyId', { fields: { AWSAccessKeyId: accessKeyId } });
  if (!sameSignature(claim.expected(credential), signature)) {
    throw new StorageError('SignatureDoesNotMatch', {
      fields: { AWSAccessKeyId: accessKeyId, StringToSign: policy, SignatureProvided: signature },
    });
  }
  const conditions = parsePostPolicy(document);
  checkPostPolicy(conditions, fields, context.clock.now());
  return { principal: credential.principal, sizes: conditions.sizes };
}

interface FormClaim {
  readonly accessKeyId: string;
  /** As it was signed: base64. */
  readonly policy: string;
  readonly signature: string;
  /** The signature that the secret makes. */
  expected(credential: Credential): string;
}

/** Any one of these is an attempt to sign. */
const fieldsV4 = ['x-amz-signature', 'x-amz-credential', 'x-amz-algorithm'];
const fieldsV2 = ['signature', 'awsaccesskeyid'];

function claimV4(fields: PostFields, { region, requiredService, clock, signers }: AuthenticationContext): FormClaim {
  const policy = required(fields, 'policy');
  const signature = required(fields, 'X-Amz-Signature');
  const algorithm = required(fields, 'X-Amz-Algorithm');
  const credential = required(fields, 'X-Amz-Credential');
  const date = required(fields, 'X-Amz-Date');
  if (algorithm !== 'AWS4-HMAC-SHA256') {
    throw invalidArgument('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"', 'X-Amz-Algorithm', algorithm);
  }
  const scope = readCredentialScope(credential, { region, service: requiredService });
  if ('fault' in scope) {
    const message = `Error parsing the X-Amz-Credential field; ${scope.fault}`;
    throw invalidArgument(message, 'X-Amz-Credential', credential);
  }
  const time = parseBasicTime(date);
  if (time === undefined) {
    throw invalidArgument(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`, 'X-Amz-Date', date);
  }
  if (!date.startsWith(scope.date)) {
    const message = `Invalid credential date "${scope.date}". This date is not the same as X-Amz-Date: "${date.slice(0, 8)}".`;
    throw invalidArgument(message, 'X-Amz-Credential', credential);
  }
  if (time - clock.now() > allowedSkew) throw new StorageError('AccessDenied', { message: 'Request is not yet valid' });
  return {
    accessKeyId: scope.accessKeyId,
    policy,
    signature,
    expected: ({ secretAccessKey }) => signers.signerFor(scope, secretAccessKey).sign(policy),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/HTTPPOSTForms.html#HTTPPOSTConstructingPolicySignature */
function claimV2(fields: PostFields, { sigV2 }: AuthenticationContext): FormClaim {
  const policy = required(fields, 'policy');
  const accessKeyId = required(fields, 'AWSAccessKeyId');
  const signature = required(fields, 'signature');
  if (!sigV2) throw new StorageError('SignatureVersionNotSupported');
  return {
    accessKeyId,
    policy,
    signature,
    expected: ({ secretAccessKey }) => createHmac('sha1', secretAccessKey).update(policy).digest('base64'),
  };
}

/** The value of a field that must be there. Throws InvalidArgument in S3's words. */
export function required(fields: PostFields, name: string): string {
  const value = fields.get(name.toLowerCase());
  if (value !== undefined && value !== '') return value;
  throw invalidArgument(
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    name,
    '',
  );
}

/** The document, which encoders of base64 may have broken into lines. */
function decodePolicy(policy: string): string {
  const bytes = decodeCanonicalBase64(policy.replace(/[ \t\r\n]/g, ''));
  if (bytes !== undefined && isUtf8(bytes)) return bytes.toString();
  throw new StorageError('InvalidPolicyDocument', { message: 'Invalid Policy: Invalid Base64 Encoding.' });
}
