/** What passwords of an account have to be like. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html */
export interface PasswordRules {
  readonly minimumLength: number;
  readonly requireSymbols: boolean;
  readonly requireNumbers: boolean;
  readonly requireUppercase: boolean;
  readonly requireLowercase: boolean;
}

const kinds = {
  lowercase: /[a-z]/,
  uppercase: /[A-Z]/,
  numbers: /[0-9]/,
  symbols: /[!@#$%^&*()_+\-=[\]{}|']/,
} as const;
const defaultLength = 8;
const defaultKinds = 3;

/**
 * What is wrong with a password, as the end of a sentence; undefined where nothing is. Without rules of the account it
 * takes eight characters of three kinds, and not the user's name
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html#default-policy-details).
 */
export function faultOfPassword(
  password: string,
  { rules, userName }: { readonly rules: PasswordRules | undefined; readonly userName: string },
): string | undefined {
  if (password.toLowerCase() === userName.toLowerCase()) return 'must not be the name of the user';
  const has = (kind: keyof typeof kinds) => kinds[kind].test(password);
  if (!rules) {
    if (password.length < defaultLength) return `must have at least ${defaultLength} characters`;
    const found = (Object.keys(kinds) as (keyof typeof kinds)[]).filter(has).length;
    return found < defaultKinds
      ? 'must have three of these: upper case letters, lower case letters, numbers, symbols'
      : undefined;
  }
  if (password.length < rules.minimumLength) return `must have at least ${rules.minimumLength} characters`;
  if (rules.requireUppercase && !has('uppercase')) return 'must have an upper case letter';
  if (rules.requireLowercase && !has('lowercase')) return 'must have a lower case letter';
  if (rules.requireNumbers && !has('numbers')) return 'must have a number';
  if (rules.requireSymbols && !has('symbols')) return "must have a symbol of ! @ # $ % ^ & * ( ) _ + - = [ ] { } | '";
  return undefined;
}
