import type { ErrorKind } from '../domain/errors.ts';
import { identityErrors } from '../wire/identity-errors.ts';

/** How one kind of failure looks on the S3 wire. */
export interface ErrorAnswer {
  /** The `Code` element, which clients decide by. */
  readonly code: string;
  /** The HTTP status. */
  readonly status: number;
  /** The `Message` element, where the failure brings none of its own. */
  readonly message: string;
}

/**
 * The S3 wire form of every failure: codes, statuses and wording as AWS answers them
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). Several kinds may share one code, where S3 has
 * one code for several things.
 *
 * Where the status is ours to choose it follows the retry rules of the AWS SDKs: they repeat 500, 502, 503 and 504 and
 * the codes RequestTimeout, SlowDown and OperationAborted, so nothing that a repetition cannot cure has one of these.
 */
export const errorCatalogue = {
  // None of them comes from an operation of S3's but ExpiredToken, of a session; they are here so that all have an answer.
  ...identityErrors,
  AccessControlListNotSupported: {
    code: 'AccessControlListNotSupported',
    status: 400,
    message: 'The bucket does not allow ACLs',
  },
  AccessDenied: { code: 'AccessDenied', status: 403, message: 'Access Denied' },
  AccessForbidden: {
    code: 'AccessForbidden',
    status: 403,
    message: 'CORSResponse: This CORS request is not allowed.',
  },
  AccountProblem: {
    code: 'AccountProblem',
    status: 403,
    message: 'There is a problem with the account that prevents the operation from completing successfully.',
  },
  AnnotationLimitExceeded: {
    code: 'AnnotationLimitExceeded',
    status: 400,
    message: 'The request would exceed the maximum number of annotations allowed per object.',
  },
  AnnotationNameTooLong: {
    code: 'AnnotationNameTooLong',
    status: 400,
    message: 'The annotation name exceeds 512 bytes.',
  },
  AnonymousNotAllowed: {
    code: 'AccessDenied',
    status: 403,
    message: 'Anonymous access is forbidden for this operation',
  },
  AuthorizationHeaderMalformed: {
    code: 'AuthorizationHeaderMalformed',
    status: 400,
    message: 'The authorization header is malformed.',
  },
  AuthorizationQueryParametersError: {
    code: 'AuthorizationQueryParametersError',
    status: 400,
    message: 'The authorization query parameters that you provided are not valid.',
  },
  BadDigest: {
    code: 'BadDigest',
    status: 400,
    message: 'The Content-MD5 you specified did not match what we received.',
  },
  BadRequest: { code: 'BadRequest', status: 400, message: 'An error occurred when parsing the HTTP request.' },
  BucketAlreadyExists: {
    code: 'BucketAlreadyExists',
    status: 409,
    message:
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  },
  BucketAlreadyOwnedByYou: {
    code: 'BucketAlreadyOwnedByYou',
    status: 409,
    message: 'Your previous request to create the named bucket succeeded and you already own it.',
  },
  BucketNotEmpty: { code: 'BucketNotEmpty', status: 409, message: 'The bucket you tried to delete is not empty' },
  ConditionalRequestConflict: {
    code: 'ConditionalRequestConflict',
    status: 409,
    message: 'The conditional request cannot succeed due to a conflicting operation against this resource.',
  },
  ContentSha256Mismatch: {
    code: 'XAmzContentSHA256Mismatch',
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
  DuplicateHeader: {
    code: 'InvalidRequest',
    status: 400,
    message: 'A header that may be given only once was given more than once.',
  },
  EntityTooLarge: {
    code: 'EntityTooLarge',
    status: 400,
    message: 'Your proposed upload exceeds the maximum allowed size',
  },
  EntityTooSmall: {
    code: 'EntityTooSmall',
    status: 400,
    message: 'Your proposed upload is smaller than the minimum allowed size',
  },
  HeadersNotSigned: {
    code: 'AccessDenied',
    status: 403,
    message: 'There were headers present in the request which were not signed',
  },
  IdempotencyParameterMismatch: {
    code: 'IdempotencyParameterMismatch',
    status: 400,
    message: 'The parameters of this request are not those of the request that this client token was first used with.',
  },
  IllegalLocationConstraint: {
    code: 'IllegalLocationConstraintException',
    status: 400,
    message:
      'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
  },
  IllegalVersioningConfiguration: {
    code: 'IllegalVersioningConfigurationException',
    status: 400,
    message: 'The versioning configuration specified in the request is invalid.',
  },
  IncompleteBody: {
    code: 'IncompleteBody',
    status: 400,
    message: 'You did not provide the number of bytes specified by the Content-Length HTTP header',
  },
  IncorrectNumberOfFiles: {
    code: 'IncorrectNumberOfFilesInPostRequest',
    status: 400,
    message: 'POST requires exactly one file upload per request.',
  },
  InternalError: {
    code: 'InternalError',
    status: 500,
    message: 'We encountered an internal error. Please try again.',
  },
  InvalidAccessKeyId: {
    code: 'InvalidAccessKeyId',
    status: 403,
    message: 'The AWS Access Key Id you provided does not exist in our records.',
  },
  InvalidAnnotationName: {
    code: 'InvalidAnnotationName',
    status: 400,
    message: 'The annotation name you provided is invalid.',
  },
  InvalidArgument: { code: 'InvalidArgument', status: 400, message: 'Invalid Argument' },
  InvalidBucketAclWithObjectOwnership: {
    code: 'InvalidBucketAclWithObjectOwnership',
    status: 400,
    message: "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  },
  InvalidBucketName: { code: 'InvalidBucketName', status: 400, message: 'The specified bucket is not valid.' },
  InvalidBucketState: {
    code: 'InvalidBucketState',
    status: 409,
    message: 'The request is not valid with the current state of the bucket.',
  },
  InvalidChunkSize: {
    code: 'InvalidChunkSizeError',
    status: 400,
    message: 'Only the last chunk is allowed to have a size less than 8192 bytes',
  },
  InvalidDigest: { code: 'InvalidDigest', status: 400, message: 'The Content-MD5 you specified was invalid.' },
  InvalidEncryptionAlgorithm: {
    code: 'InvalidEncryptionAlgorithmError',
    status: 400,
    message: 'The encryption request you specified is not valid. The valid value is AES256.',
  },
  InvalidInventoryDestination: {
    code: 'InvalidS3DestinationBucket',
    status: 400,
    message: 'The destination bucket of the inventory cannot be used.',
  },
  InvalidLocationConstraint: {
    code: 'InvalidLocationConstraint',
    status: 400,
    message: 'The specified location-constraint is not valid',
  },
  InvalidObjectState: {
    code: 'InvalidObjectState',
    status: 403,
    message: "The operation is not valid for the object's storage class",
  },
  InvalidPart: {
    code: 'InvalidPart',
    status: 400,
    message:
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  },
  InvalidPartNumber: {
    code: 'InvalidPartNumber',
    status: 416,
    message: 'The requested partnumber is not satisfiable',
  },
  InvalidPartOrder: {
    code: 'InvalidPartOrder',
    status: 400,
    message: 'The list of parts was not in ascending order. Parts must be ordered by part number.',
  },
  InvalidPolicyDocument: {
    code: 'InvalidPolicyDocument',
    status: 400,
    message: 'The content of the form does not meet the conditions specified in the policy document.',
  },
  InvalidPrefix: { code: 'InvalidPrefix', status: 400, message: 'The annotation prefix you provided is invalid.' },
  InvalidRange: { code: 'InvalidRange', status: 416, message: 'The requested range is not satisfiable' },
  InvalidRequest: { code: 'InvalidRequest', status: 400, message: 'Invalid Request' },
  InvalidRetentionPeriod: {
    code: 'InvalidRetentionPeriod',
    status: 400,
    message: 'Default retention period must be a positive integer value.',
  },
  InvalidStorageClass: {
    code: 'InvalidStorageClass',
    status: 400,
    message: 'The storage class you specified is not valid',
  },
  InvalidTag: { code: 'InvalidTag', status: 400, message: 'The tag provided was not a valid tag.' },
  InvalidTargetBucketForLogging: {
    code: 'InvalidTargetBucketForLogging',
    status: 400,
    message: 'The target bucket for logging does not exist',
  },
  InvalidToken: {
    code: 'InvalidToken',
    status: 400,
    message: 'The provided token is malformed or otherwise invalid.',
  },
  InvalidUri: { code: 'InvalidURI', status: 400, message: "Couldn't parse the specified URI." },
  InvalidWriteOffset: {
    code: 'InvalidWriteOffset',
    status: 400,
    message: 'The write offset value that you specified does not match the current object size.',
  },
  KeyTooLong: { code: 'KeyTooLongError', status: 400, message: 'Your key is too long' },
  KmsKeyDisabled: {
    code: 'KMS.DisabledException',
    status: 400,
    message: 'The request was rejected because the KMS key is disabled.',
  },
  KmsKeyNotFound: { code: 'KMS.NotFoundException', status: 400, message: 'Invalid keyId' },
  MalformedAcl: {
    code: 'MalformedACLError',
    status: 400,
    message: 'The XML you provided was not well-formed or did not validate against our published schema',
  },
  MalformedPolicy: { code: 'MalformedPolicy', status: 400, message: 'Policy is malformed.' },
  MalformedPostRequest: {
    code: 'MalformedPOSTRequest',
    status: 400,
    message: 'The body of your POST request is not well-formed multipart/form-data.',
  },
  MalformedTrailer: {
    code: 'MalformedTrailerError',
    status: 400,
    message: 'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  },
  MalformedXml: {
    code: 'MalformedXML',
    status: 400,
    message: 'The XML you provided was not well-formed or did not validate against our published schema',
  },
  MaxMessageLengthExceeded: { code: 'MaxMessageLengthExceeded', status: 400, message: 'Your request was too big.' },
  MaxPostPreDataLengthExceeded: {
    code: 'MaxPostPreDataLengthExceededError',
    status: 400,
    message: 'Your POST request fields preceding the upload file were too large.',
  },
  MetadataConfigurationNotFound: {
    code: 'MetadataConfigurationNotFound',
    status: 404,
    message: 'The metadata configuration does not exist.',
  },
  MetadataTooLarge: {
    code: 'MetadataTooLarge',
    status: 400,
    message: 'Your metadata headers exceed the maximum allowed metadata size',
  },
  MethodNotAllowed: {
    code: 'MethodNotAllowed',
    status: 405,
    message: 'The specified method is not allowed against this resource.',
  },
  MissingContentLength: {
    code: 'MissingContentLength',
    status: 411,
    message: 'You must provide the Content-Length HTTP header.',
  },
  MissingDateHeader: {
    code: 'AccessDenied',
    status: 403,
    message: 'AWS authentication requires a valid Date or x-amz-date header',
  },
  MissingSecurityHeader: {
    code: 'MissingSecurityHeader',
    status: 400,
    message: 'Your request was missing a required header',
  },
  NoSuchAnnotation: {
    code: 'NoSuchAnnotation',
    status: 404,
    message: 'The specified annotation does not exist on this object.',
  },
  NoSuchBucket: { code: 'NoSuchBucket', status: 404, message: 'The specified bucket does not exist' },
  NoSuchBucketPolicy: { code: 'NoSuchBucketPolicy', status: 404, message: 'The bucket policy does not exist' },
  NoSuchConfiguration: {
    code: 'NoSuchConfiguration',
    status: 404,
    message: 'The specified configuration does not exist.',
  },
  NoSuchCorsConfiguration: {
    code: 'NoSuchCORSConfiguration',
    status: 404,
    message: 'The CORS configuration does not exist',
  },
  NoSuchKey: { code: 'NoSuchKey', status: 404, message: 'The specified key does not exist.' },
  NoSuchLifecycleConfiguration: {
    code: 'NoSuchLifecycleConfiguration',
    status: 404,
    message: 'The lifecycle configuration does not exist',
  },
  NoSuchObjectLockConfiguration: {
    code: 'NoSuchObjectLockConfiguration',
    status: 404,
    message: 'The specified object does not have a ObjectLock configuration',
  },
  NoSuchPublicAccessBlock: {
    code: 'NoSuchPublicAccessBlockConfiguration',
    status: 404,
    message: 'The public access block configuration was not found',
  },
  NoSuchTagSet: { code: 'NoSuchTagSet', status: 404, message: 'The TagSet does not exist' },
  NoSuchTorrent: { code: 'NoSuchKey', status: 404, message: 'The object has no torrent.' },
  NoSuchUpload: {
    code: 'NoSuchUpload',
    status: 404,
    message:
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  },
  NoSuchVersion: { code: 'NoSuchVersion', status: 404, message: 'The specified version does not exist.' },
  NoSuchWebsiteConfiguration: {
    code: 'NoSuchWebsiteConfiguration',
    status: 404,
    message: 'The specified bucket does not have a website configuration',
  },
  NotAcceptable: {
    code: 'NotAcceptable',
    status: 406,
    message: 'None of the representations of this resource is acceptable.',
  },
  NotImplemented: {
    code: 'NotImplemented',
    status: 501,
    message: 'A header you provided implies functionality that is not implemented',
  },
  NotModified: { code: 'NotModified', status: 304, message: 'Not Modified' },
  ObjectLockConfigurationNotFound: {
    code: 'ObjectLockConfigurationNotFoundError',
    status: 404,
    message: 'Object Lock configuration does not exist for this bucket',
  },
  ObjectLocked: {
    code: 'AccessDenied',
    status: 403,
    message: 'Access Denied because object protected by object lock.',
  },
  OperationAborted: {
    code: 'OperationAborted',
    status: 409,
    message: 'A conflicting conditional operation is currently in progress against this resource. Please try again.',
  },
  OwnershipControlsNotFound: {
    code: 'OwnershipControlsNotFoundError',
    status: 404,
    message: 'The bucket ownership controls were not found',
  },
  PreconditionFailed: {
    code: 'PreconditionFailed',
    status: 412,
    message: 'At least one of the pre-conditions you specified did not hold',
  },
  // AWS has no quotas. This is what Ceph answers, and unlike a 503 it is not repeated by SDKs.
  QuotaExceeded: {
    code: 'QuotaExceeded',
    status: 403,
    message: 'The write would exceed the quota of the bucket or of its account.',
  },
  ReplicationConfigurationNotFound: {
    code: 'ReplicationConfigurationNotFoundError',
    status: 404,
    message: 'The replication configuration was not found',
  },
  RequestExpired: { code: 'AccessDenied', status: 403, message: 'Request has expired' },
  RequestHeaderSectionTooLarge: {
    code: 'RequestHeaderSectionTooLarge',
    status: 400,
    message: 'Your request header section exceeds the maximum allowed size.',
  },
  RequestTimeTooSkewed: {
    code: 'RequestTimeTooSkewed',
    status: 403,
    message: 'The difference between the request time and the current time is too large.',
  },
  RequestTimeout: {
    code: 'RequestTimeout',
    status: 400,
    message:
      'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
  },
  RestoreAlreadyInProgress: {
    code: 'RestoreAlreadyInProgress',
    status: 409,
    message: 'Object restore is already in progress',
  },
  SelectBusy: { code: 'Busy', status: 503, message: 'The service is unavailable. Try again later.' },
  SelectCastFailed: {
    code: 'CastFailed',
    status: 400,
    message: 'An attempt to convert from one data type to another using CAST failed in the SQL expression.',
  },
  SelectCsvParsingError: {
    code: 'CSVParsingError',
    status: 400,
    message: 'An error occurred while parsing the CSV file. Check the file and try again.',
  },
  SelectEvaluationFailed: {
    code: 'EvaluatorInvalidArguments',
    status: 400,
    message: 'The SQL expression could not be evaluated on the data of the object.',
  },
  SelectExpressionTooLong: {
    code: 'ExpressionTooLong',
    status: 400,
    message: 'The SQL expression is too long: The maximum byte-length for the SQL expression is 256 KB.',
  },
  SelectInvalidColumnIndex: {
    code: 'InvalidColumnIndex',
    status: 400,
    message: 'The column index in the SQL expression is not valid.',
  },
  SelectInvalidCompressionFormat: {
    code: 'InvalidCompressionFormat',
    status: 400,
    message: 'The file is not in a supported compression format. Only GZIP and BZIP2 are supported.',
  },
  SelectInvalidDataSource: {
    code: 'InvalidDataSource',
    status: 400,
    message: 'The data source type is not valid. Only CSV, JSON, and Parquet are supported.',
  },
  SelectInvalidExpressionType: {
    code: 'InvalidExpressionType',
    status: 400,
    message: 'The ExpressionType is not valid. Only SQL expressions are supported.',
  },
  SelectInvalidRequestParameter: {
    code: 'InvalidRequestParameter',
    status: 400,
    message:
      'The value of a parameter in the SelectRequest element is not valid. Check the service API documentation and try again.',
  },
  SelectInvalidScanRange: { code: 'InvalidScanRange', status: 400, message: 'The scan range is not valid.' },
  SelectInvalidTextEncoding: {
    code: 'InvalidTextEncoding',
    status: 400,
    message: 'The encoding type is not valid. Only UTF-8 encoding is supported.',
  },
  SelectJsonParsingError: {
    code: 'JSONParsingError',
    status: 400,
    message: 'An error occurred while parsing the JSON file. Check the file and try again.',
  },
  SelectLexerInvalidToken: {
    code: 'LexerInvalidChar',
    status: 400,
    message: 'The SQL expression contains a character that is not valid.',
  },
  SelectOverMaxRecordSize: {
    code: 'OverMaxRecordSize',
    status: 400,
    message: 'The length of a record in the input or result is greater than the maxCharsPerRecord limit of 1 MB.',
  },
  SelectParquetParsingError: {
    code: 'ParquetParsingError',
    status: 400,
    message: 'An error occurred while parsing the Parquet file. Check the file and try again.',
  },
  // Not RequestTimeout, which clients repeat: this query would take as long again.
  SelectTakesTooLong: {
    code: 'ExternalEvalException',
    status: 400,
    message: 'The query cannot be evaluated: it takes longer than a query may.',
  },
  SelectTruncatedInput: {
    code: 'TruncatedInput',
    status: 400,
    message:
      'Object decompression failed. Check that the object is properly compressed using the format specified in the request.',
  },
  SelectUnexpectedToken: {
    code: 'ParseUnexpectedToken',
    status: 400,
    message: 'The SQL expression contains an unexpected token.',
  },
  SelectUnsupportedFunction: {
    code: 'UnsupportedFunction',
    status: 400,
    message: 'Encountered an unsupported SQL function.',
  },
  SelectUnsupportedScanRange: {
    code: 'UnsupportedScanRangeInput',
    status: 400,
    message: 'Scan range queries are not supported on this type of object.',
  },
  SelectUnsupportedSyntax: {
    code: 'UnsupportedSyntax',
    status: 400,
    message: 'Encountered a syntax that is not valid.',
  },
  SelectWrongArguments: {
    code: 'IncorrectSqlFunctionArgumentType',
    status: 400,
    message: 'Incorrect type of arguments in a function call in the SQL expression.',
  },
  ServerSideEncryptionConfigurationNotFound: {
    code: 'ServerSideEncryptionConfigurationNotFoundError',
    status: 404,
    message: 'The server side encryption configuration was not found',
  },
  ServiceUnavailable: {
    code: 'ServiceUnavailable',
    status: 503,
    message: 'Service is unable to handle request.',
  },
  SignatureDoesNotMatch: {
    code: 'SignatureDoesNotMatch',
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  },
  SignatureVersionNotSupported: {
    code: 'InvalidRequest',
    status: 400,
    message: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  },
  SlowDown: { code: 'SlowDown', status: 503, message: 'Please reduce your request rate.' },
  // AWS has no such answer. 507 (RFC 4918 section 11.5) says what happened and, unlike a 503, is not repeated by SDKs:
  // a full disk does not empty itself within their back-off, and repeated uploads would only make it worse.
  StorageFull: {
    code: 'InsufficientStorage',
    status: 507,
    message: 'There is not enough storage space left to complete the request.',
  },
  TooManyBuckets: {
    code: 'TooManyBuckets',
    status: 400,
    message: 'You have attempted to create more buckets than allowed',
  },
  TooManyConfigurations: {
    code: 'TooManyConfigurations',
    status: 400,
    message: 'You are attempting to create a new configuration but have already reached the 1,000-configuration limit.',
  },
  TooManyParts: {
    code: 'TooManyParts',
    status: 400,
    message:
      'You have attempted to add more parts than the maximum of 10000 that are allowed for this object. You can use the CopyObject operation to copy this object to another and then add more parts to the newly copied object.',
  },
  UnexpectedContent: { code: 'UnexpectedContent', status: 400, message: 'This request does not support content' },
  UnsupportedMediaType: {
    code: 'UnsupportedMediaType',
    status: 415,
    message: 'The annotation payload is not valid UTF-8 encoded text.',
  },
  UriTooLong: { code: 'URITooLong', status: 414, message: 'The request target is longer than allowed.' },
  UnresolvableGrantByEmailAddress: {
    code: 'UnresolvableGrantByEmailAddress',
    status: 400,
    message: 'The e-mail address you provided does not match any account on record.',
  },
  VersionIsDeleteMarker: {
    code: 'MethodNotAllowed',
    status: 405,
    message: 'The specified method is not allowed against this resource.',
  },
} as const satisfies Record<ErrorKind, ErrorAnswer>;
