/** What a request is about, for conditions and policy variables. Asked lazily, so that costly values may be computed. */
export interface ConditionContext {
  /** The values of a key in lower case (`aws:sourceip`); undefined, or no value, where the request has none. */
  values(key: string): readonly string[] | undefined;
}

/** Who makes a request, by all the names that a policy could call it. */
export type PolicyPrincipal =
  | { readonly kind: 'anonymous' }
  /** An account itself: its root user, or whoever has its first access keys. */
  | { readonly kind: 'account'; readonly accountId: string; readonly canonicalId?: string }
  | {
      readonly kind: 'user';
      readonly accountId: string;
      readonly canonicalId?: string;
      /** `arn:aws:iam::123456789012:user/path/name` */
      readonly arn: string;
    }
  | {
      readonly kind: 'role-session';
      readonly accountId: string;
      readonly canonicalId?: string;
      /** `arn:aws:iam::123456789012:role/path/name` */
      readonly roleArn: string;
      /** `arn:aws:sts::123456789012:assumed-role/name/session` */
      readonly sessionArn: string;
      /** Who vouched for the session, where it came by web identity or SAML. */
      readonly provider?: string;
    }
  | {
      readonly kind: 'federated-user';
      readonly accountId: string;
      readonly canonicalId?: string;
      /** `arn:aws:sts::123456789012:federated-user/name` */
      readonly arn: string;
      /** The user whose keys asked for the session. */
      readonly userArn?: string;
    }
  /** Someone known only to an identity provider, who is about to assume a role. */
  | { readonly kind: 'federated'; readonly provider: string }
  | { readonly kind: 'service'; readonly service: string };

/** One action that someone wants to do to one resource. */
export interface PolicyRequest {
  /** `s3:GetObject`; compared without regard to case. */
  readonly action: string;
  /** `arn:aws:s3:::bucket/key`, or `*` for what is done to no single resource. */
  readonly resource: string;
  readonly principal: PolicyPrincipal;
  readonly context: ConditionContext;
}
