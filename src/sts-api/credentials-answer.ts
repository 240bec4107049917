import type { AssumedRole } from '../services/identity/sessions/role-sessions.ts';
import type { IssuedSession } from '../services/identity/sessions/session-service.ts';
import { element, integer, optional, text, timestamp } from '../wire/xml/schema.ts';

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html */
export const credentialsElement = element({
  AccessKeyId: text(),
  SecretAccessKey: text(),
  SessionToken: text(),
  Expiration: timestamp(),
});

export function credentialsAnswer({ accessKeyId, secretAccessKey, token, expiresAt }: IssuedSession) {
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: token, Expiration: expiresAt };
}

/** What the answers of all actions that assume a role have in common. */
export const assumedRoleFields = {
  AssumedRoleUser: element({ AssumedRoleId: text(), Arn: text() }),
  Credentials: credentialsElement,
  PackedPolicySize: optional(integer()),
  SourceIdentity: optional(text()),
};

export function assumedRoleAnswer(assumed: AssumedRole) {
  return {
    AssumedRoleUser: { AssumedRoleId: assumed.assumedRoleId, Arn: assumed.arn },
    Credentials: credentialsAnswer(assumed),
    ...packedSizeAnswer(assumed),
    ...(assumed.sourceIdentity === undefined ? {} : { SourceIdentity: assumed.sourceIdentity }),
  };
}

export function packedSizeAnswer({ packedSize }: IssuedSession) {
  return packedSize === undefined ? {} : { PackedPolicySize: packedSize };
}
