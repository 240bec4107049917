import { StorageError } from '../../domain/errors.ts';
import { arnOfPrincipal, type SignedPrincipal, userIdOf } from '../../domain/principal.ts';
import type { Narrowing } from '../../services/identity/sessions/session-limits.ts';
import type { SessionService } from '../../services/identity/sessions/session-service.ts';
import { element } from '../../wire/xml/schema.ts';
import { assumedRoleAnswer, assumedRoleFields, credentialsAnswer, packedSizeAnswer } from '../credentials-answer.ts';
import { defineStsOperation } from '../sts-operation.ts';
import {
  externalId,
  narrowingIn,
  narrowingParameters,
  roleArnText,
  roleSeconds,
  sessionName,
  sourceIdentity,
  tags,
  tagsIn,
  transitiveTagKeys,
} from '../sts-parameters.ts';

const usualSeconds = 3600;

/**
 * The role's trust policy and the caller's own say whether it may: both are weighed when the role is known. Without a
 * RoleArn, as MinIO's clients ask, it is a session of the caller itself, narrowed by the policies that it gives.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const assumeRole = defineStsOperation({
  name: 'AssumeRole',
  input: {
    RoleArn: roleArnText,
    RoleSessionName: sessionName,
    ...narrowingParameters,
    DurationSeconds: roleSeconds,
    ExternalId: externalId,
    SourceIdentity: sourceIdentity,
    Tags: tags,
    TransitiveTagKeys: transitiveTagKeys,
  },
  result: element(assumedRoleFields),
  openTo: 'signed',
  missing: 'SerialNumber, TokenCode, ProvidedContexts',
  async handle({ input, principal, access }, { sessions, roleSessions }) {
    const { RoleArn, RoleSessionName } = input;
    const narrowing = narrowingIn(input);
    if (RoleArn === undefined) {
      return ofCaller(sessions, principal, { seconds: input.DurationSeconds ?? usualSeconds, narrowing });
    }
    if (RoleSessionName === undefined) throw missing('roleSessionName');
    const assumed = await roleSessions.assume(access, principal, {
      roleArn: RoleArn,
      sessionName: RoleSessionName,
      seconds: input.DurationSeconds,
      narrowing,
      sourceIdentity: input.SourceIdentity,
      externalId: input.ExternalId,
      ...tagsIn(input),
    });
    return assumedRoleAnswer(assumed);
  },
});

async function ofCaller(
  sessions: SessionService,
  caller: SignedPrincipal,
  wanted: { readonly seconds: number; readonly narrowing: Narrowing },
) {
  const issued = await sessions.ofCaller(caller, wanted);
  return {
    AssumedRoleUser: { AssumedRoleId: userIdOf(caller), Arn: arnOfPrincipal(caller) },
    Credentials: credentialsAnswer(issued),
    ...packedSizeAnswer(issued),
  };
}

function missing(name: string): StorageError {
  return new StorageError('ValidationError', {
    message: `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  });
}
