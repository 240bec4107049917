import { noNarrowing } from '../../services/identity/sessions/session-limits.ts';
import { element } from '../../wire/xml/schema.ts';
import { credentialsAnswer, credentialsElement } from '../credentials-answer.ts';
import { defineStsOperation } from '../sts-operation.ts';
import { durationSeconds } from '../sts-parameters.ts';

/** Of a user's session, and of the longest of a root's. */
const usualSeconds = 43_200;
const longestOfRoot = 3600;

/**
 * Needs no right, and no policy can deny it: the session is who asks for it, and can do no more. Devices of MFA are none.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export const getSessionToken = defineStsOperation({
  name: 'GetSessionToken',
  input: { DurationSeconds: durationSeconds({ max: 129_600 }) },
  result: element({ Credentials: credentialsElement }),
  openTo: 'signed',
  missing: 'SerialNumber, TokenCode',
  async handle({ input, principal }, { sessions }) {
    const wanted = input.DurationSeconds ?? usualSeconds;
    // A root that asks for more is not refused: AWS gives it what it may have.
    const seconds = principal.kind === 'account' ? Math.min(wanted, longestOfRoot) : wanted;
    return { Credentials: credentialsAnswer(await sessions.ofCaller(principal, { seconds, narrowing: noNarrowing })) };
  },
});
