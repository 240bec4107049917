import type { ErrorKind, IdentityErrorKind, StorageError } from '../../domain/errors.ts';
import { identityErrors, type WireError } from '../identity-errors.ts';
import { escapeXmlStrictly } from '../xml/escape.ts';

const invalidClientToken: WireError = {
  code: 'InvalidClientTokenId',
  status: 403,
  message: 'The security token included in the request is invalid.',
};
const incompleteSignature: WireError = {
  code: 'IncompleteSignature',
  status: 400,
  message: 'The request signature does not conform to AWS standards.',
};
const signatureDoesNotMatch: WireError = {
  code: 'SignatureDoesNotMatch',
  status: 403,
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
};
const malformedPolicyDocument: WireError = identityErrors.MalformedPolicyDocument;

/** What S3 calls otherwise. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const shared: Partial<Record<ErrorKind, WireError>> = {
  AccessDenied: { code: 'AccessDenied', status: 403, message: 'Access Denied' },
  AnonymousNotAllowed: {
    code: 'MissingAuthenticationToken',
    status: 403,
    message: 'Request is missing Authentication Token',
  },
  AuthorizationHeaderMalformed: incompleteSignature,
  AuthorizationQueryParametersError: incompleteSignature,
  ContentSha256Mismatch: signatureDoesNotMatch,
  ExpiredToken: { ...identityErrors.ExpiredToken, status: 403 },
  HeadersNotSigned: signatureDoesNotMatch,
  InternalError: {
    code: 'ServiceFailure',
    status: 500,
    message: 'The request processing has failed because of an unknown error.',
  },
  InvalidAccessKeyId: invalidClientToken,
  InvalidToken: invalidClientToken,
  InvalidUri: identityErrors.MalformedQueryString,
  MalformedPolicy: malformedPolicyDocument,
  MaxMessageLengthExceeded: { code: 'RequestEntityTooLarge', status: 413, message: 'The request is too large.' },
  MissingDateHeader: incompleteSignature,
  NotImplemented: { code: 'InvalidAction', status: 400, message: 'The action is not implemented.' },
  RequestExpired: signatureDoesNotMatch,
  RequestTimeTooSkewed: signatureDoesNotMatch,
  RequestTimeout: { code: 'RequestTimeout', status: 400, message: 'The request was not received in time.' },
  ServiceUnavailable: { code: 'ServiceUnavailable', status: 503, message: 'The service is not available.' },
  SignatureDoesNotMatch: signatureDoesNotMatch,
  SignatureVersionNotSupported: incompleteSignature,
  SlowDown: { code: 'Throttling', status: 400, message: 'Rate exceeded' },
  StorageFull: { code: 'ServiceUnavailable', status: 503, message: 'The service is not available.' },
};

/** How a failure looks on the query protocol: as IAM's own, or as what S3 means by it; else as input that is not valid. */
export function queryError(kind: ErrorKind): WireError {
  const known = shared[kind] ?? (identityErrors as Partial<Record<string, WireError>>)[kind as IdentityErrorKind];
  return known ?? identityErrors.ValidationError;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html: AWS's envelope. It always parses. */
export function queryErrorDocument(
  failure: StorageError,
  { namespace, requestId }: { readonly namespace: string; readonly requestId: string },
): string {
  const { code, status, message } = queryError(failure.kind);
  const type = status >= 500 ? 'Receiver' : 'Sender';
  const text = escapeXmlStrictly(failure.details.message ?? message);
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse xmlns="${namespace}"><Error><Type>${type}</Type>` +
    `<Code>${code}</Code><Message>${text}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
  );
}
