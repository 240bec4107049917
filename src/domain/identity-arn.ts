import type { Random } from '../foundation/random.ts';

/** What IAM gives unique ids and ARNs to. */
const prefixes = {
  user: 'AIDA',
  role: 'AROA',
  group: 'AGPA',
  policy: 'ANPA',
  'access-key': 'AKIA',
  'temporary-key': 'ASIA',
} as const;
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * An id as IAM has them: four letters that say what it is of, and 17 at random (85 bits); of access keys, 16 (80 bits),
 * by which programs that look for leaked keys know them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function uniqueId(random: Random, of: keyof typeof prefixes): string {
  // The alphabet's size divides 256, so that every letter is equally likely.
  const letters = of === 'access-key' || of === 'temporary-key' ? 16 : 17;
  return prefixes[of] + Array.from(random.bytes(letters), (byte) => base32[byte % 32]).join('');
}

interface Named {
  readonly accountId: string;
  /** Begins and ends with `/`. */
  readonly path: string;
  readonly name: string;
}

export function userArn({ accountId, path, name }: Named): string {
  return `arn:aws:iam::${accountId}:user${path}${name}`;
}

export function groupArn({ accountId, path, name }: Named): string {
  return `arn:aws:iam::${accountId}:group${path}${name}`;
}

export function roleArn({ accountId, path, name }: Named): string {
  return `arn:aws:iam::${accountId}:role${path}${name}`;
}

export function policyArn({ accountId, path, name }: Named): string {
  return `arn:aws:iam::${accountId}:policy${path}${name}`;
}

export function assumedRoleArn(accountId: string, roleName: string, sessionName: string): string {
  return `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`;
}

export function federatedUserArn(accountId: string, name: string): string {
  return `arn:aws:sts::${accountId}:federated-user/${name}`;
}

/** What an ARN of IAM names. */
export interface IdentityArn extends Named {
  readonly kind: 'user' | 'group' | 'role' | 'policy';
}

const identityArn =
  /^arn:aws:iam::(\d{12}|\d{15}|aws):(user|group|role|policy)(\/(?:[\x21-\x7e]+\/)?)([\w+=,.@-]{1,128})$/;

/** Undefined for what is none. Of `arn:aws:iam::aws:policy/…` the account is `aws`: everybody has it. */
export function parseIdentityArn(arn: string): IdentityArn | undefined {
  if (arn.length > 2048) return undefined;
  const [, accountId, kind, path, name] = identityArn.exec(arn) ?? [];
  if (accountId === undefined) return undefined;
  return { accountId, kind: kind as IdentityArn['kind'], path: path!, name: name! };
}
