/**
 * Every way in which a request can fail for a reason that its sender should hear. The names are the error codes of S3
 * where one code has one meaning, and more specific words where S3 uses one code for several things. Adapters map a
 * kind to their wire format (`s3/error-catalogue.ts`); nothing decides by message text.
 */
export const errorKinds = [
  'AccessControlListNotSupported',
  'AccessDenied',
  'AccessForbidden',
  'AccountProblem',
  'AnnotationLimitExceeded',
  'AnnotationNameTooLong',
  'AnonymousNotAllowed',
  'AuthorizationHeaderMalformed',
  'AuthorizationQueryParametersError',
  'BadDigest',
  'BadRequest',
  'BucketAlreadyExists',
  'BucketAlreadyOwnedByYou',
  'BucketNotEmpty',
  'ConditionalRequestConflict',
  'ContentSha256Mismatch',
  'DuplicateHeader',
  'EntityTooLarge',
  'EntityTooSmall',
  'HeadersNotSigned',
  'IdempotencyParameterMismatch',
  'IllegalLocationConstraint',
  'IllegalVersioningConfiguration',
  'IncompleteBody',
  'IncorrectNumberOfFiles',
  'InternalError',
  'InvalidAccessKeyId',
  'InvalidAnnotationName',
  'InvalidArgument',
  'InvalidBucketAclWithObjectOwnership',
  'InvalidBucketName',
  'InvalidBucketState',
  'InvalidChunkSize',
  'InvalidDigest',
  'InvalidEncryptionAlgorithm',
  'InvalidInventoryDestination',
  'InvalidLocationConstraint',
  'InvalidObjectState',
  'InvalidPart',
  'InvalidPartNumber',
  'InvalidPartOrder',
  'InvalidPolicyDocument',
  'InvalidPrefix',
  'InvalidRange',
  'InvalidRequest',
  'InvalidRetentionPeriod',
  'InvalidStorageClass',
  'InvalidTag',
  'InvalidTargetBucketForLogging',
  'InvalidToken',
  'InvalidUri',
  'InvalidWriteOffset',
  'KeyTooLong',
  'KmsKeyDisabled',
  'KmsKeyNotFound',
  'MalformedAcl',
  'MalformedPolicy',
  'MalformedPostRequest',
  'MalformedTrailer',
  'MalformedXml',
  'MaxMessageLengthExceeded',
  'MaxPostPreDataLengthExceeded',
  'MetadataConfigurationNotFound',
  'MetadataTooLarge',
  'MethodNotAllowed',
  'MissingContentLength',
  'MissingDateHeader',
  'MissingSecurityHeader',
  'NoSuchAnnotation',
  'NoSuchBucket',
  'NoSuchBucketPolicy',
  'NoSuchConfiguration',
  'NoSuchCorsConfiguration',
  'NoSuchKey',
  'NoSuchLifecycleConfiguration',
  'NoSuchObjectLockConfiguration',
  'NoSuchPublicAccessBlock',
  'NoSuchTagSet',
  'NoSuchTorrent',
  'NoSuchUpload',
  'NoSuchVersion',
  'NoSuchWebsiteConfiguration',
  'NotAcceptable',
  'NotImplemented',
  'NotModified',
  'ObjectLockConfigurationNotFound',
  'ObjectLocked',
  'OperationAborted',
  'OwnershipControlsNotFound',
  'PreconditionFailed',
  'QuotaExceeded',
  'ReplicationConfigurationNotFound',
  'RequestExpired',
  'RequestHeaderSectionTooLarge',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'RestoreAlreadyInProgress',
  'SelectBusy',
  'SelectCastFailed',
  'SelectCsvParsingError',
  'SelectEvaluationFailed',
  'SelectExpressionTooLong',
  'SelectInvalidColumnIndex',
  'SelectInvalidCompressionFormat',
  'SelectInvalidDataSource',
  'SelectInvalidExpressionType',
  'SelectInvalidRequestParameter',
  'SelectInvalidScanRange',
  'SelectInvalidTextEncoding',
  'SelectJsonParsingError',
  'SelectLexerInvalidToken',
  'SelectOverMaxRecordSize',
  'SelectParquetParsingError',
  'SelectTakesTooLong',
  'SelectTruncatedInput',
  'SelectUnexpectedToken',
  'SelectUnsupportedFunction',
  'SelectUnsupportedScanRange',
  'SelectUnsupportedSyntax',
  'SelectWrongArguments',
  'ServerSideEncryptionConfigurationNotFound',
  'ServiceUnavailable',

  'SignatureDoesNotMatch',
  'SignatureVersionNotSupported',
  'SlowDown',
  'StorageFull',
  'TooManyBuckets',
  'TooManyConfigurations',
  'TooManyParts',
  'UnexpectedContent',
  'UnsupportedMediaType',
  'UriTooLong',
  'UnresolvableGrantByEmailAddress',
  'VersionIsDeleteMarker',
] as const;

/** Failures of IAM, STS and Cairn's own service, which have wire formats of their own (`wire/identity-errors.ts`). */
export const identityErrorKinds = [
  'AuthorizationMessageInvalid',
  'ConcurrentModification',
  'DeleteConflict',
  'EntityAlreadyExists',
  'EntityTemporarilyUnmodifiable',
  'ExpiredToken',
  'IdpCommunicationError',
  'IdpRejectedClaim',
  'IdentityTokenExpired',
  'InvalidAction',
  'InvalidIdentityToken',
  'InvalidInput',
  'InvalidParameterValue',
  'InvalidUserType',
  'LimitExceeded',
  'MalformedPolicyDocument',
  'MalformedQueryString',
  'MissingAction',
  'NoSuchEntity',
  'PackedPolicyTooLarge',
  'PasswordPolicyViolation',
  'PolicyEvaluationFailed',
  'PolicyNotAttachable',
  'UnmodifiableEntity',
  'ValidationError',
] as const;

export type IdentityErrorKind = (typeof identityErrorKinds)[number];

export type ErrorKind = (typeof errorKinds)[number] | IdentityErrorKind;

/** What a failure tells beside its kind: a message in place of the catalogue's, and named extra fields of the answer. */
export interface ErrorDetails {
  readonly message?: string;
  /** Extra elements of S3's error document, by element name: ArgumentName, Key, BucketName, UploadId, Condition … */
  readonly fields?: Readonly<Record<string, string | number>>;
  /** Extra response headers: `x-amz-delete-marker`, `Allow`, `Content-Range`, `ETag` … */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The one exception that domain, services and adapters throw for what the client should know. */
export class StorageError extends Error {
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;
  constructor(kind: ErrorKind, details: ErrorDetails = {}) {
    super(details.message ?? kind, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'StorageError';
    this.kind = kind;
    this.details = details;
  }
}

/** InvalidArgument with the two fields that S3 adds to it. */
export function invalidArgument(message: string, name: string, value: string): StorageError {
  return new StorageError('InvalidArgument', { message, fields: { ArgumentName: name, ArgumentValue: value } });
}
