import { StorageError } from '../domain/errors.ts';
import type { Clock } from '../foundation/clock.ts';
import type {
  SimulatedResult,
  SimulationRequest,
  Simulator,
} from '../services/identity/simulation/simulation-service.ts';
import type { TextPosition } from '../services/identity/simulation/statement-positions.ts';
import { type InputOf, list, required, structure, text, withDefault } from '../wire/query/parameters.ts';
import { boolean, element, integer, list as listOf, optional, text as textElement } from '../wire/xml/schema.ts';
import { marker, maxItems } from './iam-parameters.ts';
import { markerAfter, pageOf } from './paging.ts';
import { policyDocument } from './policy-document-answer.ts';

/** Values of keys are of one of these types, by which IAM checks them; all are compared as text. */
const keyTypes = ['string', 'numeric', 'boolean', 'ip', 'binary', 'date'];
const contextKeyTypes = keyTypes.flatMap((type) => [type, `${type}List`]);

export const policyInputs = list(policyDocument, { max: 100 });

/** What both simulations take. */
export const simulationInput = {
  PolicyInputList: policyInputs,
  PermissionsBoundaryPolicyInputList: list(policyDocument, { max: 1 }),
  ActionNames: list(text({ min: 3, max: 128, pattern: '[A-Za-z0-9-]+:[A-Za-z0-9]+' }), { max: 1000 }),
  ResourceArns: list(text({ min: 1, max: 2048 }), { max: 1000 }),
  ResourcePolicy: policyDocument,
  ResourceOwner: text({ min: 1, max: 2048 }),
  CallerArn: text({ min: 1, max: 2048 }),
  ContextEntries: list(
    structure({
      ContextKeyName: required(text({ min: 5, max: 256 })),
      ContextKeyValues: list(text(), { max: 100 }),
      ContextKeyType: withDefault(text({ oneOf: contextKeyTypes }), 'string'),
    }),
    { max: 100 },
  ),
  ResourceHandlingOption: text({ min: 1, max: 64 }),
  Marker: marker,
  MaxItems: maxItems,
};

type SimulationInput = InputOf<typeof simulationInput>;

/** Throws InvalidInput. */
export function simulationRequest(input: SimulationInput): SimulationRequest {
  const context = new Map<string, readonly string[]>();
  for (const { ContextKeyName, ContextKeyValues } of input.ContextEntries) {
    const key = ContextKeyName.toLowerCase();
    if (context.has(key))
      throw new StorageError('InvalidInput', { message: `Duplicate context key: ${ContextKeyName}` });
    context.set(key, ContextKeyValues);
  }
  return {
    policies: input.PolicyInputList,
    boundary: input.PermissionsBoundaryPolicyInputList[0],
    resourcePolicy: input.ResourcePolicy,
    resourceOwner: input.ResourceOwner === undefined ? undefined : accountIn(input.ResourceOwner),
    caller: input.CallerArn,
    context,
  };
}

function accountIn(owner: string): string {
  const [, accountId] = /^(?:arn:aws:iam::)?(\d{12}|\d{15})(?::root)?$/.exec(owner) ?? [];
  if (accountId !== undefined) return accountId;
  throw new StorageError('InvalidInput', { message: `Invalid Resource Owner: ${owner}` });
}

const position = element({ Line: integer(), Column: integer() });
const evaluationResult = element({
  EvalActionName: textElement(),
  EvalResourceName: textElement(),
  EvalDecision: textElement(),
  MatchedStatements: element({
    member: listOf(
      element({
        SourcePolicyId: textElement(),
        SourcePolicyType: textElement(),
        StartPosition: optional(position),
        EndPosition: optional(position),
      }),
    ),
  }),
  MissingContextValues: element({ member: listOf(textElement()) }),
  PermissionsBoundaryDecisionDetail: optional(element({ AllowedByPermissionsBoundary: boolean() })),
  EvalDecisionDetails: optional(element({ entry: listOf(element({ key: textElement(), value: textElement() })) })),
});

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
export const simulationElement = element({
  EvaluationResults: element({ member: listOf(evaluationResult) }),
  IsTruncated: boolean(),
  Marker: optional(textElement()),
});

/** IAM may answer with fewer results than are asked for, and so keeps a page from taking long. */
const mostResults = 100;
/** In milliseconds: long policies against long names take their time, in which others want theirs. */
const longestHold = 10;

/** A page of results: of each action on each resource. Throws ValidationError where no action is given. */
export async function simulationAnswer(
  input: SimulationInput,
  simulator: Simulator,
  clock: Pick<Clock, 'now' | 'sleep'>,
) {
  if (input.ActionNames.length === 0) {
    throw new StorageError('ValidationError', {
      message:
        "1 validation error detected: Value null at 'actionNames' failed to satisfy constraint: Member must not be null",
    });
  }
  const resources = input.ResourceArns.length === 0 ? ['*'] : input.ResourceArns;
  const all = input.ActionNames.length * resources.length;
  const { after, limit } = pageOf(input);
  const first = after === undefined ? 0 : placeOf(after);
  const behind = Math.min(first + Math.min(limit, mostResults), all);
  const member = [];
  let heldSince = clock.now();
  for (let i = first; i < behind; i++) {
    if (clock.now() - heldSince > longestHold) {
      await clock.sleep(0);
      heldSince = clock.now();
    }
    const action = input.ActionNames[Math.floor(i / resources.length)]!;
    member.push(resultAnswer(simulator(action, resources[i % resources.length]!)));
  }
  return { EvaluationResults: { member }, ...markerAfter(behind < all ? String(behind) : undefined) };
}

function placeOf(after: string): number {
  if (/^\d{1,7}$/.test(after)) return Number(after);
  throw new StorageError('ValidationError', { message: 'Invalid Marker.' });
}

function resultAnswer(result: SimulatedResult) {
  const { allowedByBoundary: byBoundary, byResource } = result;
  return {
    EvalActionName: result.action,
    EvalResourceName: result.resource,
    EvalDecision: result.decision,
    MatchedStatements: {
      member: result.matched.map(({ policy, span }) => ({
        SourcePolicyId: policy.id,
        SourcePolicyType: policy.type,
        ...(span ? { StartPosition: written(span.start), EndPosition: written(span.end) } : {}),
      })),
    },
    MissingContextValues: { member: result.missing },
    ...(byBoundary === undefined
      ? {}
      : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: byBoundary } }),
    ...(byResource === undefined
      ? {}
      : {
          EvalDecisionDetails: {
            entry: [
              { key: 'IAM Policy', value: result.byIdentity },
              { key: 'Resource Policy', value: byResource },
            ],
          },
        }),
  };
}

const written = ({ line, column }: TextPosition) => ({ Line: line, Column: column });

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html */
export const contextKeysElement = element({ ContextKeyNames: element({ member: listOf(textElement()) }) });
