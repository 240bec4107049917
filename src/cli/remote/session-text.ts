import type { SessionCredentials } from './iam-shapes.ts';
import { shellWord } from './server-command.ts';

/** Temporary credentials as variables that a shell takes over. */
export function sessionText(credentials: SessionCredentials): string {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials;
  return [
    `export AWS_ACCESS_KEY_ID=${shellWord(AccessKeyId)}`,
    `export AWS_SECRET_ACCESS_KEY=${shellWord(SecretAccessKey)}`,
    `export AWS_SESSION_TOKEN=${shellWord(SessionToken)}`,
    `# until ${Expiration}`,
  ].join('\n');
}
