import type { StatementReference } from '../../domain/policy/compile-policy.ts';
import type { RightsLimit } from '../../domain/policy/identity-rights.ts';
import type { Naming } from '../../domain/policy/principals.ts';

/**
 * What decided. `policy`: statements of the bucket's policy. `owner`: the bucket is the asker's. `acl`: an entry of an
 * ACL, or that none is there. `initiator`: the upload is the asker's, or is not. `new-object`: who writes an object may
 * say what becomes of it. `missing-object`: nothing is there, and the asker may know. `account`: it is about the
 * asker's own account, or is not. `body`: the objects are not known yet; each is weighed when it is. `public-access-block`
 * and `requester-pays`: what else allows does not count. `identity`, `boundary`, `session`, `service-account`: policies
 * that stand on the asker; without statements where none of them allows.
 */
export type DecidedBy =
  | 'policy'
  | 'owner'
  | 'acl'
  | 'initiator'
  | 'new-object'
  | 'missing-object'
  | 'account'
  | 'body'
  | 'public-access-block'
  | 'requester-pays'
  | 'identity'
  | RightsLimit['kind'];

/** The gate's answer to one grant, with its reason: people ask why. */
export interface Verdict {
  readonly allowed: boolean;
  readonly by: DecidedBy;
  /** The statements of policies that made it so; none where no statement did. */
  readonly statements: readonly StatementReference[];
  /** As whom what stands on the resource allowed it; left out where that is not asked, or as one of an account. */
  readonly naming?: Naming;
}

const noStatements: readonly StatementReference[] = Object.freeze([]);

/** Verdicts without statements are made once each: most requests are an owner's, and pay nothing for the reason. */
function verdicts<const B extends DecidedBy>(allowed: boolean, reasons: readonly B[]) {
  const made: Partial<Record<B, Verdict>> = {};
  for (const by of reasons) made[by] = Object.freeze({ allowed, by, statements: noStatements });
  return made as Readonly<Record<B, Verdict>>;
}

export const allowedBy = verdicts(true, [
  'owner',
  'acl',
  'initiator',
  'new-object',
  'missing-object',
  'account',
  'body',
]);
/** An ACL that gives it to everybody who asks. */
export const allowedByPublicAcl: Verdict = Object.freeze({ ...allowedBy.acl, naming: 'everyone' });
export const refusedBy = verdicts(false, ['acl', 'initiator', 'account', 'public-access-block', 'requester-pays']);
