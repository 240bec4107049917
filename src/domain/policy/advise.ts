import type { ConditionExplanation, StatementExplanation } from './explain.ts';
import type { ExplainedSide } from './explain-sides.ts';

/** A request that was refused, as far as whoever asks may see into it. */
export interface RefusedRequest {
  readonly action: string;
  readonly resource: string;
  /** What decided, in the gate's word. */
  readonly by: string;
  /** The ARN of who asked, or `anonymous`. */
  readonly principal: string;
  readonly accountId: string | undefined;
  /** Whose the resource is. */
  readonly resourceAccountId: string | undefined;
  /** Those that may be shown. */
  readonly sides: readonly ExplainedSide[];
  /** Whether the resource's policy is kept from whoever reads the advice. */
  readonly hidesResource: boolean;
  /** The same for the policies of who asked. */
  readonly hidesIdentity: boolean;
}

const words: Readonly<Record<string, string>> = {
  boundary: 'permissions boundary',
  session: 'policies of the session',
  'service-account': 'policy of the service account',
};

/**
 * What would have let the request through, the shortest way first: a statement that is in the way, one that nearly
 * allows it, and the smallest one that would. For people; what really decides is the gate alone.
 */
export function advise(refused: RefusedRequest): readonly string[] {
  const denials = refused.sides.flatMap(({ statements }) => statements.filter(isDenial).map(removalOf));
  if (denials.length > 0) return denials;
  return adviceOf(refused);
}

function adviceOf(refused: RefusedRequest): readonly string[] {
  const { by, action, resourceAccountId } = refused;
  switch (by) {
    case 'public-access-block':
      return [
        'Block Public Access (RestrictPublicBuckets), of the bucket or of its owner’s account, shuts out all who are not of that account: it would have to be switched off, or the bucket’s policy may not be public.',
      ];
    case 'requester-pays':
      return ['The bucket makes requesters pay: sign the request and send the header x-amz-request-payer: requester.'];
    case 'initiator':
      return [
        `The upload was begun by somebody else: only its initiator, or who may ${action} by a policy, can go on with it.`,
      ];
    case 'account':
      return [
        refused.principal === 'anonymous'
          ? 'Sign the request: this is for nobody without an access key.'
          : `This belongs to ${resourceAccountId === undefined ? 'the installation' : `account ${resourceAccountId}`}, which no policy of another account reaches.`,
      ];
    default:
      return [...adviceOnResource(refused), ...adviceOnIdentity(refused)];
  }
}

const limits = ['service-account', 'boundary', 'session'] as const;

/** What stands on who asked has to allow it, and so has each limit. */
function adviceOnIdentity(refused: RefusedRequest): readonly string[] {
  const { sides, by, hidesIdentity } = refused;
  if (refused.principal === 'anonymous') return [];
  if (hidesIdentity) {
    const isTheirs = by === 'identity' || words[by] !== undefined;
    return isTheirs ? [`The policies of ${refused.principal} do not allow it: ask its account.`] : [];
  }
  const lacking = sides.filter(({ kind, statements }) => kind !== 'resource' && !statements.some(isAllowance));
  const order = [by, 'identity', ...limits];
  return lacking
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
    .flatMap((side) => [...nearMiss(side, refused), lackOf(side, refused)]);
}

function lackOf({ kind, policies }: ExplainedSide, refused: RefusedRequest): string {
  const statement = smallest(refused);
  if (kind === 'identity') return `Give ${refused.principal}, or a group of it, a policy with ${statement}`;
  const named = kind === 'boundary' && policies.length > 0 ? ` (${policies.join(', ')})` : '';
  const verb = kind === 'session' ? 'lack' : 'lacks';
  return `The ${words[kind]}${named} ${verb} ${statement}`;
}

/** Across accounts the resource has to name who asks; within one it may. */
function adviceOnResource(refused: RefusedRequest): readonly string[] {
  const { sides, accountId, resourceAccountId, by, principal, hidesResource } = refused;
  const isOwn = accountId !== undefined && accountId === resourceAccountId;
  if (isOwn && by !== 'acl') return [];
  const side = sides.find(({ kind }) => kind === 'resource');
  if (by !== 'acl' && by !== 'policy' && by !== 'resource') return [];
  const owner = `account ${resourceAccountId ?? 'of somebody else'}`;
  const statement = smallest(refused, principal === 'anonymous' ? '*' : { AWS: principal });
  if (isOwn) return ['The object belongs to another account, and its ACL does not give this: ask its owner.'];
  if (hidesResource) {
    return [
      `The resource belongs to ${owner}, whose policies deny this or do not allow it: its owner has to name you, with ${statement}`,
    ];
  }
  const near = side ? nearMiss(side, refused) : [];
  const whom = principal === 'anonymous' ? 'everybody' : principal;
  const sign = principal === 'anonymous' ? ['Sign the request, if it was to be somebody’s.'] : [];
  return [
    ...near,
    ...sign,
    `The resource belongs to ${owner}: its policy, or an ACL, has to let ${whom} do it, with ${statement}`,
  ];
}

/** Statements of which but one thing does not fit. */
function nearMiss({ statements }: ExplainedSide, { resource }: RefusedRequest): readonly string[] {
  for (const explanation of statements) {
    const { statement, principal, action, resource: isAbout, conditions } = explanation;
    if (statement.effect !== 'Allow' || !action || !principal) continue;
    if (!isAbout)
      return [
        `${capitalised(nameOf(explanation))} allows the action on other resources: add ${JSON.stringify(literal(resource))} to them.`,
      ];
    const failing = conditions.filter(({ holds }) => !holds).map(conditionInWords);
    if (failing.length > 0)
      return [`${capitalised(nameOf(explanation))} allows it only where ${failing.join(', and ')}.`];
  }
  return [];
}

function removalOf(explanation: StatementExplanation): string {
  const { conditions } = explanation;
  const because =
    conditions.length === 0 ? '' : ` (it applies because ${conditions.map(conditionInWords).join(', and ')})`;
  return `Remove the Deny ${nameOf(explanation)}, or narrow it${because}.`;
}

function conditionInWords({ operator, key, expected, actual }: ConditionExplanation): string {
  const has = actual === undefined || actual.length === 0 ? 'the request has none' : `the request has ${list(actual)}`;
  return `${operator} holds for ${key} and ${list(expected)} (${has})`;
}

const list = (values: readonly string[]): string => values.map((value) => JSON.stringify(value)).join(' or ');

function nameOf({ statement }: StatementExplanation): string {
  const { sid, index, policy } = statement;
  return `statement ${sid === undefined ? index + 1 : JSON.stringify(sid)} of ${policy}`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const isDenial = ({ applies, statement }: StatementExplanation): boolean => applies && statement.effect === 'Deny';
const isAllowance = ({ applies, statement }: StatementExplanation): boolean => applies && statement.effect === 'Allow';

/** The statement that gives just this. */
function smallest({ action, resource }: RefusedRequest, principal?: unknown): string {
  return JSON.stringify({
    Effect: 'Allow',
    ...(principal === undefined ? {} : { Principal: principal }),
    Action: action,
    Resource: literal(resource),
  });
}

/** What is asked for where no single thing is meant: these are no names, and stand in policies as they are. */
const everything = new Set(['*', 'arn:aws:s3:::*']);

/** Characters that mean more than themselves in policies. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */
function literal(resource: string): string {
  return everything.has(resource) ? resource : resource.replaceAll(/\$(?=\{)|[*?]/g, (letter) => `\${${letter}}`);
}
