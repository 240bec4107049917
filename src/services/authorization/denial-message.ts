import { arnOfPrincipal } from '../../domain/principal.ts';
import type { Access } from './access.ts';
import { arnOfResource } from './resource-arn.ts';
import type { Verdict } from './verdict.ts';

/** What decided, in AWS's words, of which service accounts are no part: they narrow as sessions do. */
const kinds: Partial<Record<Verdict['by'], string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  'service-account': 'session policy',
  policy: 'resource-based policy',
};

/**
 * What AWS tells of a refusal to whoever is of the very account that the resource belongs to: which kind of policy it
 * hangs on, and never what it says. Undefined for strangers and anonymous requests, who are told no more than that.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
 */
export function denialMessage(access: Access): string | undefined {
  const [refusal] = access.refusals;
  const { principal } = access.request;
  if (!refusal || principal.kind === 'anonymous') return undefined;
  const { grant, verdict } = refusal;
  const { accountId } = principal.account;
  const isBucket = 'bucket' in grant.resource;
  if (isBucket && access.owns(grant.resource.bucket, accountId) === false) return undefined;
  const isForeign = 'accountId' in grant.resource && grant.resource.accountId !== accountId;
  // Whether a role is there, and what its trust policy says, is for nobody to find out by asking.
  const kind = isForeign || grant.action.startsWith('sts:') ? undefined : kinds[verdict.by];
  if (isBucket && kind === undefined) return undefined;
  const arn = arnOfResource(grant.resource);
  const on = arn === '*' ? '' : ` on resource: ${isBucket ? `"${arn}"` : arn}`;
  return `User: ${arnOfPrincipal(principal)} is not authorized to perform: ${grant.action}${on}${reason(kind, grant.action, verdict)}`;
}

function reason(kind: string | undefined, action: string, { statements }: Verdict): string {
  if (kind === undefined) return '';
  const article = kind.startsWith('i') ? 'an' : 'a';
  if (statements.some(({ effect }) => effect === 'Deny')) return ` with an explicit deny in ${article} ${kind}`;
  return ` because no ${kind} allows the ${action} action`;
}
