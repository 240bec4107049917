import type { RefusalView } from '../services/refusals/refusal-view.ts';

/** A refusal with the names that ExplainDecision answers with, wherever it was read. */
export interface ToldRefusal {
  readonly RequestId: string;
  /** ISO 8601. */
  readonly Date: string;
  readonly Operation: string;
  readonly Principal: string;
  readonly Action: string;
  readonly Resource: string;
  readonly DecidedBy: string;
  readonly AccountId?: string | undefined;
  readonly AccessKeyId?: string | undefined;
  readonly ResourceAccountId?: string | undefined;
  readonly Sides: readonly ToldSide[];
  readonly HiddenStatements: number;
  readonly Others: readonly { readonly Action: string; readonly Resource: string; readonly DecidedBy: string }[];
  readonly Advice: readonly string[];
}

export interface ToldSide {
  readonly Kind: string;
  readonly Policies: readonly string[];
  readonly Statements: readonly ToldStatement[];
  readonly OmittedStatements: number;
}

export interface ToldStatement {
  readonly Policy: string;
  readonly Number: number;
  readonly Sid?: string | undefined;
  readonly Effect: string;
  readonly Applies: boolean;
  readonly MatchesPrincipal: boolean;
  readonly MatchesAction: boolean;
  readonly MatchesResource: boolean;
  readonly Conditions: readonly ToldCondition[];
}

export interface ToldCondition {
  readonly Operator: string;
  readonly Key: string;
  readonly Expected: readonly string[];
  readonly Actual?: readonly string[] | undefined;
  readonly Holds: boolean;
}

/** Of a store on this machine. */
export function toldFromStore(view: RefusalView): ToldRefusal {
  return {
    RequestId: view.requestId,
    Date: new Date(view.at).toISOString(),
    Operation: view.operation,
    Principal: view.principal,
    Action: view.action,
    Resource: view.resource,
    DecidedBy: view.by,
    AccountId: view.accountId,
    AccessKeyId: view.accessKeyId,
    ResourceAccountId: view.resourceAccountId,
    Sides: view.sides.map(({ kind, policies, statements, omitted }) => ({
      Kind: kind,
      Policies: policies,
      Statements: statements.map(({ statement, applies, principal, action, resource, conditions }) => ({
        Policy: statement.policy,
        Number: statement.index + 1,
        Sid: statement.sid,
        Effect: statement.effect,
        Applies: applies,
        MatchesPrincipal: principal,
        MatchesAction: action,
        MatchesResource: resource,
        Conditions: conditions.map(({ operator, key, expected, actual, holds }) => ({
          Operator: operator,
          Key: key,
          Expected: expected,
          Actual: actual,
          Holds: holds,
        })),
      })),
      OmittedStatements: omitted,
    })),
    HiddenStatements: view.hiddenStatements,
    Others: view.others.map(({ action, resource, by }) => ({ Action: action, Resource: resource, DecidedBy: by })),
    Advice: view.advice,
  };
}

type Fields = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : String(value ?? ''));
const optionalText = (value: unknown): string | undefined => (value === undefined ? undefined : text(value));
const truth = (value: unknown): boolean => value === true || value === 'true';
/** An empty list looks like empty text in XML. */
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? (value as Fields[]) : []);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : []);

/** Of a server's answer. */
export function toldFromAnswer(answer: Fields): ToldRefusal {
  return {
    RequestId: text(answer.RequestId),
    Date: text(answer.Date),
    Operation: text(answer.Operation),
    Principal: text(answer.Principal),
    Action: text(answer.Action),
    Resource: text(answer.Resource),
    DecidedBy: text(answer.DecidedBy),
    AccountId: optionalText(answer.AccountId),
    AccessKeyId: optionalText(answer.AccessKeyId),
    ResourceAccountId: optionalText(answer.ResourceAccountId),
    Sides: list(answer.Sides).map((side) => ({
      Kind: text(side.Kind),
      Policies: texts(side.Policies),
      Statements: list(side.Statements).map(statementFrom),
      OmittedStatements: Number(side.OmittedStatements ?? 0),
    })),
    HiddenStatements: Number(answer.HiddenStatements ?? 0),
    Others: list(answer.Others).map((other) => ({
      Action: text(other.Action),
      Resource: text(other.Resource),
      DecidedBy: text(other.DecidedBy),
    })),
    Advice: texts(answer.Advice),
  };
}

function statementFrom(statement: Fields): ToldStatement {
  return {
    Policy: text(statement.Policy),
    Number: Number(statement.Number),
    Sid: optionalText(statement.Sid),
    Effect: text(statement.Effect),
    Applies: truth(statement.Applies),
    MatchesPrincipal: truth(statement.MatchesPrincipal),
    MatchesAction: truth(statement.MatchesAction),
    MatchesResource: truth(statement.MatchesResource),
    Conditions: list(statement.Conditions).map((condition) => ({
      Operator: text(condition.Operator),
      Key: text(condition.Key),
      Expected: texts(condition.Expected),
      Actual: condition.Actual === undefined ? undefined : texts(condition.Actual),
      Holds: truth(condition.Holds),
    })),
  };
}
