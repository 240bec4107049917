import { advise } from '../../domain/policy/advise.ts';
import type { ExplainedSide } from '../../domain/policy/explain-sides.ts';
import type { RefusalRecord, RefusedPart } from '../../records/refusal-record.ts';

/** A refusal as far as somebody may see into it. */
export interface RefusalView
  extends Pick<
    RefusalRecord,
    'requestId' | 'at' | 'operation' | 'principal' | 'accountId' | 'action' | 'resource' | 'resourceAccountId' | 'by'
  > {
  /** Undefined for anonymous requests, and for those whom it is nothing to. */
  readonly accessKeyId: string | undefined;
  /** What stands on who asked, and what stands on the resource: those of the viewer's own accounts. */
  readonly sides: readonly ExplainedSide[];
  /** How many statements of others were weighed. They are counted, and never shown. */
  readonly hiddenStatements: number;
  readonly others: readonly RefusedPart[];
  /** What would have let it through. */
  readonly advice: readonly string[];
}

/**
 * Each side is for its own account: who asked sees its policies, and the owner of what was asked for the policy that
 * stands there. `isShown` says of which accounts the viewer may see policies; an operator sees all.
 */
export function viewOfRefusal(record: RefusalRecord, isShown: (accountId: string) => boolean): RefusalView {
  const mayShow = (accountId: string | undefined) => accountId === undefined || isShown(accountId);
  const showsIdentity = mayShow(record.accountId);
  const showsResource = mayShow(record.resourceAccountId);
  const all = JSON.parse(record.statements) as readonly ExplainedSide[];
  const sides = all.filter(({ kind }) => (kind === 'resource' ? showsResource : showsIdentity));
  const hidden = all.filter((side) => !sides.includes(side));
  const { requestId, at, operation, principal, accountId, action, resource, resourceAccountId } = record;
  const isSecret = !showsResource && concealsResource(record);
  const by = isSecret ? (lackingSide(sides) ?? 'policy') : record.by;
  const facts = { action, resource, by, principal, accountId, resourceAccountId };
  // Other buckets of the same request may be of others.
  const others = showsIdentity && accountId !== undefined ? (record.others ?? []) : [];
  return {
    requestId,
    at,
    operation,
    ...facts,
    accessKeyId: showsIdentity ? record.accessKeyId : undefined,
    sides,
    hiddenStatements: isSecret ? 0 : hidden.reduce((sum, side) => sum + side.statements.length + side.omitted, 0),
    others,
    advice: advise({ ...facts, sides, hidesResource: !showsResource, hidesIdentity: !showsIdentity }),
  };
}

/** Whether somebody else's role is there, and trusts who asks, must not show in anything. */
const concealsResource = ({ action }: RefusalRecord): boolean => action.startsWith('sts:');

/** What decided, as far as an account may know: for lists, which show no more. */
export function decidedBy(record: RefusalRecord, accountId: string): string {
  if (!concealsResource(record)) return record.by;
  return viewOfRefusal(record, (shown) => shown === accountId).by;
}

/** The first of the asker's own sides that does not let it through. */
function lackingSide(sides: readonly ExplainedSide[]): string | undefined {
  return sides.find(({ statements }) => {
    const applying = statements.filter(({ applies }) => applies);
    return applying.length === 0 || applying.some(({ statement }) => statement.effect === 'Deny');
  })?.kind;
}
