import type { IdentityErrorKind } from '../domain/errors.ts';

/** How a failure looks on the wire. */
export interface WireError {
  /** The `Code` element, which clients decide by. */
  readonly code: string;
  /** The HTTP status. */
  readonly status: number;
  /** Where the failure brings no message of its own. */
  readonly message: string;
}

/**
 * Failures of IAM, STS and Cairn's own service, as AWS answers them
 * (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and each action's own).
 */
export const identityErrors = {
  AuthorizationMessageInvalid: {
    code: 'InvalidAuthorizationMessageException',
    status: 400,
    message: 'The message could not be decoded.',
  },
  ConcurrentModification: {
    code: 'ConcurrentModification',
    status: 409,
    message:
      'Multiple requests to change this object were submitted simultaneously. Wait and submit your request again.',
  },
  DeleteConflict: {
    code: 'DeleteConflict',
    status: 409,
    message: 'Cannot delete entity, must remove what is attached to it first.',
  },
  EntityAlreadyExists: { code: 'EntityAlreadyExists', status: 409, message: 'The entity already exists.' },
  EntityTemporarilyUnmodifiable: {
    code: 'EntityTemporarilyUnmodifiable',
    status: 409,
    message: 'The entity cannot be changed now; try again later.',
  },
  ExpiredToken: { code: 'ExpiredToken', status: 400, message: 'The provided token has expired.' },
  IdpCommunicationError: {
    code: 'IDPCommunicationError',
    status: 400,
    message: 'The identity provider could not be reached.',
  },
  IdpRejectedClaim: { code: 'IDPRejectedClaim', status: 403, message: 'The identity provider rejected the claim.' },
  IdentityTokenExpired: {
    code: 'ExpiredTokenException',
    status: 400,
    message: 'The web identity token has expired.',
  },
  InvalidAction: { code: 'InvalidAction', status: 400, message: 'Could not find the action for this version.' },
  InvalidIdentityToken: {
    code: 'InvalidIdentityToken',
    status: 400,
    message: 'The web identity token could not be validated.',
  },
  InvalidInput: { code: 'InvalidInput', status: 400, message: 'The input is not valid.' },
  InvalidParameterValue: {
    code: 'InvalidParameterValue',
    status: 400,
    message: 'A parameter has a value that is not valid.',
  },
  InvalidUserType: {
    code: 'InvalidUserType',
    status: 400,
    message: 'The request cannot be made for this type of user.',
  },
  LimitExceeded: { code: 'LimitExceeded', status: 409, message: 'The request would exceed a limit of the account.' },
  MalformedPolicyDocument: {
    code: 'MalformedPolicyDocument',
    status: 400,
    message: 'The policy document is malformed.',
  },
  MalformedQueryString: {
    code: 'MalformedQueryString',
    status: 404,
    message: 'The query string contains a syntax error.',
  },
  MissingAction: { code: 'MissingAction', status: 400, message: 'The request is missing an action.' },
  NoSuchEntity: { code: 'NoSuchEntity', status: 404, message: 'The entity cannot be found.' },
  PackedPolicyTooLarge: {
    code: 'PackedPolicyTooLarge',
    status: 400,
    message: 'The session policies and tags are too large together.',
  },
  PasswordPolicyViolation: {
    code: 'PasswordPolicyViolation',
    status: 400,
    message: 'The password does not conform to the account password policy.',
  },
  PolicyEvaluationFailed: { code: 'PolicyEvaluation', status: 500, message: 'The policies could not be evaluated.' },
  PolicyNotAttachable: {
    code: 'PolicyNotAttachable',
    status: 400,
    message: 'The policy cannot be attached to this entity.',
  },
  UnmodifiableEntity: { code: 'UnmodifiableEntity', status: 400, message: 'The entity cannot be changed.' },
  ValidationError: { code: 'ValidationError', status: 400, message: 'The input fails to satisfy the constraints.' },
} as const satisfies Record<IdentityErrorKind, WireError>;
