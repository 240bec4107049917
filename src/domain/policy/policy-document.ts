/**
 * Where a policy stands, which decides what it may say: on a bucket (who may do what to it), on an identity (what it
 * may do), on a role's session (what is left of the role's rights), or on a role (who may assume it).
 */
export type PolicyKind = 'bucket' | 'identity' | 'session' | 'trust';

/** The two versions of the language. Only the newer knows policy variables. */
export type PolicyVersion = '2012-10-17' | '2008-10-17';

export type PolicyEffect = 'Allow' | 'Deny';

/** A policy that has passed every check; nothing in it is left to doubt. */
export interface PolicyDocument {
  readonly kind: PolicyKind;
  readonly version: PolicyVersion;
  readonly id?: string;
  /** Never empty. */
  readonly statements: readonly PolicyStatement[];
}

export interface PolicyStatement {
  /** Unique in its policy; absent where it was absent or empty. */
  readonly sid?: string;
  readonly effect: PolicyEffect;
  /** Present in bucket and trust policies only. */
  readonly principals?: PrincipalElement;
  /** As written: `s3:GetObject`, `s3:Get*`, `*`. */
  readonly actions: PatternElement;
  /** As written. Absent in trust policies, whose resource is the role that they stand on. */
  readonly resources?: PatternElement;
  /** All of them must hold. */
  readonly conditions: readonly ConditionClause[];
}

/** Action or NotAction, Resource or NotResource. */
export interface PatternElement {
  /** Whether it is the Not… form: all but these. */
  readonly negated: boolean;
  readonly patterns: readonly string[];
}

/** Principal or NotPrincipal. */
export interface PrincipalElement {
  readonly negated: boolean;
  readonly principals: readonly NamedPrincipal[];
}

/** Someone whom a policy names. */
export type NamedPrincipal =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'account'; readonly accountId: string }
  | {
      readonly kind: 'user' | 'role' | 'role-session' | 'federated-user';
      readonly accountId: string;
      readonly arn: string;
    }
  | { readonly kind: 'canonical-user'; readonly canonicalId: string }
  | { readonly kind: 'federated'; readonly provider: string }
  | { readonly kind: 'service'; readonly service: string };

/** One operator with one key: `"StringLike": {"s3:prefix": ["a/*", "b/*"]}`. */
export interface ConditionClause {
  readonly operator: ConditionOperator;
  readonly quantifier: ConditionQuantifier;
  /** Whether an absent key counts as fulfilled (`…IfExists`). */
  readonly ifExists: boolean;
  /** As written; compared without regard to case. */
  readonly key: string;
  /** Never empty. */
  readonly values: readonly string[];
}

export type ConditionQuantifier = 'none' | 'for-all-values' | 'for-any-value';

/** Every operator without its quantifier and its IfExists. */
export const conditionOperators = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateEquals',
  'DateNotEquals',
  'DateLessThan',
  'DateLessThanEquals',
  'DateGreaterThan',
  'DateGreaterThanEquals',
  'Bool',
  'BinaryEquals',
  'IpAddress',
  'NotIpAddress',
  'ArnEquals',
  'ArnNotEquals',
  'ArnLike',
  'ArnNotLike',
  'Null',
] as const;

export type ConditionOperator = (typeof conditionOperators)[number];
