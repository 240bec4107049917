import type { StatementExplanation } from '../domain/policy/explain.ts';
import type { ExplainedSide } from '../domain/policy/explain-sides.ts';
import type { RefusalRecord } from '../records/refusal-record.ts';
import type { RefusalView } from '../services/refusals/refusal-view.ts';
import { boolean, element, integer, list, optional, text, timestamp } from '../wire/xml/schema.ts';

const texts = element({ member: list(text()) });

const conditionElement = element({
  Operator: text(),
  Key: text(),
  Expected: texts,
  /** Left out where the request has nothing of the kind. */
  Actual: optional(texts),
  Holds: boolean(),
});

const statementElement = element({
  Policy: text(),
  /** Its place in the policy, from 1. */
  Number: integer(),
  Sid: optional(text()),
  Effect: text(),
  Applies: boolean(),
  MatchesPrincipal: boolean(),
  MatchesAction: boolean(),
  MatchesResource: boolean(),
  Conditions: element({ member: list(conditionElement) }),
});

const sideElement = element({
  /** `identity`, `boundary`, `session`, `service-account`, `resource`. */
  Kind: text(),
  Policies: texts,
  Statements: element({ member: list(statementElement) }),
  OmittedStatements: integer(),
});

const summaryFields = {
  RequestId: text(),
  Date: timestamp(),
  Operation: text(),
  Principal: text(),
  Action: text(),
  Resource: text(),
  /** What decided. */
  DecidedBy: text(),
};
export const refusalSummaryElement = element(summaryFields);

export const refusalElement = element({
  ...summaryFields,
  AccountId: optional(text()),
  AccessKeyId: optional(text()),
  ResourceAccountId: optional(text()),
  Sides: element({ member: list(sideElement) }),
  /** Those of the policies of other accounts. */
  HiddenStatements: integer(),
  Others: element({ member: list(element({ Action: text(), Resource: text(), DecidedBy: text() })) }),
  Advice: texts,
});

type Summary = Pick<RefusalRecord, 'requestId' | 'at' | 'operation' | 'principal' | 'action' | 'resource' | 'by'>;

export function refusalSummary({ requestId, at, operation, principal, action, resource, by }: Summary) {
  return {
    RequestId: requestId,
    Date: at,
    Operation: operation,
    Principal: principal,
    Action: action,
    Resource: resource,
    DecidedBy: by,
  };
}

export function refusalAnswer(view: RefusalView) {
  const { accountId, accessKeyId, resourceAccountId, sides, others, advice } = view;
  return {
    ...refusalSummary(view),
    ...(accountId === undefined ? {} : { AccountId: accountId }),
    ...(accessKeyId === undefined ? {} : { AccessKeyId: accessKeyId }),
    ...(resourceAccountId === undefined ? {} : { ResourceAccountId: resourceAccountId }),
    Sides: { member: sides.map(sideAnswer) },
    HiddenStatements: view.hiddenStatements,
    Others: {
      member: others.map(({ action, resource, by }) => ({ Action: action, Resource: resource, DecidedBy: by })),
    },
    Advice: { member: advice },
  };
}

const sideAnswer = ({ kind, policies, statements, omitted }: ExplainedSide) => ({
  Kind: kind,
  Policies: { member: policies },
  Statements: { member: statements.map(statementAnswer) },
  OmittedStatements: omitted,
});

function statementAnswer(explanation: StatementExplanation) {
  const { statement, applies, principal, action, resource, conditions } = explanation;
  const { policy, index, sid, effect } = statement;
  return {
    Policy: policy,
    Number: index + 1,
    ...(sid === undefined ? {} : { Sid: sid }),
    Effect: effect,
    Applies: applies,
    MatchesPrincipal: principal,
    MatchesAction: action,
    MatchesResource: resource,
    Conditions: {
      member: conditions.map(({ operator, key, expected, actual, holds }) => ({
        Operator: operator,
        Key: key,
        Expected: { member: expected },
        ...(actual === undefined ? {} : { Actual: { member: actual } }),
        Holds: holds,
      })),
    },
  };
}
