import type { ToldCondition, ToldRefusal, ToldSide, ToldStatement } from './told-refusal.ts';

const sideNames: Readonly<Record<string, string>> = {
  identity: 'Policies of who asked',
  boundary: 'Permissions boundary',
  session: 'Policies of the session',
  'service-account': 'Policy of the access key',
  resource: 'Policy of the resource',
};

const decisions: Readonly<Record<string, string>> = {
  identity: 'the policies of who asked',
  boundary: 'the permissions boundary',
  session: 'the policies of the session',
  'service-account': 'the policy of the access key',
  policy: 'the policy of the resource',
  acl: 'ACLs and ownership: none of them gives it',
  initiator: 'the upload, which somebody else began',
  account: 'the account: it is not that of who asked',
  'public-access-block': 'Block Public Access',
  'requester-pays': 'Requester Pays: the requester did not agree to',
};

/** A refusal for people: who, what, what decided, what would have let it through, and then every statement. */
export function refusalText(refusal: ToldRefusal): string {
  const { AccessKeyId, Advice, Others, Sides, HiddenStatements } = refusal;
  const key = AccessKeyId === undefined ? '' : ` (access key ${AccessKeyId})`;
  return [
    `${refusal.Principal}${key}`,
    `was refused ${refusal.Action} on ${refusal.Resource}`,
    `in ${refusal.Operation || 'a request'} at ${refusal.Date}.`,
    `What decided: ${decisions[refusal.DecidedBy] ?? refusal.DecidedBy}.`,
    ...(Advice.length === 0 ? [] : ['', 'What would let it through:', ...Advice.map((advice) => `- ${advice}`)]),
    ...Sides.flatMap(sideLines),
    ...(HiddenStatements === 0
      ? []
      : ['', `${HiddenStatements} statements of policies of another account were weighed, too.`]),
    ...(Others.length === 0
      ? []
      : ['', 'The same request was refused:', ...Others.map(({ Action, Resource }) => `- ${Action} on ${Resource}`)]),
  ]
    .map(onOneLine)
    .join('\n');
}

function sideLines({ Kind, Policies, Statements, OmittedStatements }: ToldSide): string[] {
  const title = sideNames[Kind] ?? Kind;
  if (Policies.length === 0) return ['', `${title}: there is none, which allows nothing.`];
  const omitted =
    OmittedStatements === 0 ? [] : [`  and ${OmittedStatements} statements more, which are about something else`];
  return ['', `${title}:`, ...Statements.flatMap(statementLines), ...omitted];
}

function statementLines(statement: ToldStatement): string[] {
  const { Policy, Number: number, Sid, Effect, Applies, Conditions } = statement;
  const mark = Applies ? (Effect === 'Deny' ? 'DENIES' : 'ALLOWS') : 'does not apply';
  const failing = [
    ...(statement.MatchesPrincipal ? [] : ['other principals']),
    ...(statement.MatchesAction ? [] : ['other actions']),
    ...(statement.MatchesResource ? [] : ['other resources']),
    ...Conditions.filter(({ Holds }) => !Holds).map(conditionText),
  ];
  const because = failing.length === 0 ? '' : `: ${failing.join('; ')}`;
  return [`  ${Policy}, statement ${number}${Sid === undefined ? '' : ` (${Sid})`}, ${Effect}: ${mark}${because}`];
}

function conditionText({ Operator, Key, Expected, Actual }: ToldCondition): string {
  const has = Actual === undefined || Actual.length === 0 ? 'nothing' : Actual.join(', ');
  return `${Operator} of ${Key} wants ${Expected.join(' or ')}, the request has ${has}`;
}

/** Keys of objects may have anything in them: no line breaks, nothing that a terminal would obey. */
const onOneLine = (text: string): string => text.replace(/\p{Cc}/gu, '?');
