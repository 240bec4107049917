import type { Grants } from '../../domain/grant.ts';
import type { Principal, SignedPrincipal } from '../../domain/principal.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { Access } from '../../services/authorization/access.ts';
import type { RequestHead } from '../request-head.ts';
import type { ElementSchema, Infer } from '../xml/schema.ts';
import { type InputOf, type ParameterSource, type Parameters, readParameters } from './parameters.ts';

/** Who asks, and with what. */
export interface QueryRequest<I, P extends Principal> {
  readonly input: I;
  readonly principal: P;
  /** What the gate let through, and the way to ask it for more. */
  readonly access: Access;
  readonly head: RequestHead;
  readonly requestId: string;
}

/** More of what policies may ask about a request, by condition key in lower case: `iam:permissionsboundary`. */
export type MoreConditions = Readonly<Record<string, readonly string[]>>;

interface Declaration<S, P extends Parameters, R> {
  /** AWS's name of the action. */
  readonly name: string;
  readonly input: P;
  /** What is in the `…Result` element; left out: there is none. */
  readonly result?: R;
  /** What the caller may do by the input, beside what every request has. */
  readonly conditions?: (input: InputOf<P>, services: S, caller: Principal) => MaybePromise<MoreConditions>;
  /** What of AWS's action is missing, for the generated documentation. */
  readonly missing?: string;
}

type ResultOf<R> = R extends ElementSchema<unknown> ? Infer<R> : undefined;

/** An action that the gate lets through by what it requires. */
interface Granted<S, P extends Parameters, R> extends Declaration<S, P, R> {
  /** Weighed by the gate before `handle` runs. Never empty. A thing that is not there is asked for by the name it would have. */
  readonly requires: (input: InputOf<P>, caller: SignedPrincipal, services: S) => MaybePromise<Grants>;
  readonly handle: (request: QueryRequest<InputOf<P>, SignedPrincipal>, services: S) => MaybePromise<ResultOf<R>>;
}

/**
 * An action for whoever has signed it (`signed`), or for whoever sends it (`anyone`), because what it is given says who
 * that is: it weighs the rest itself. A test lists them.
 */
interface Open<S, P extends Parameters, R, By extends 'signed' | 'anyone'> extends Declaration<S, P, R> {
  readonly openTo: By;
  readonly handle: (
    request: QueryRequest<InputOf<P>, By extends 'signed' ? SignedPrincipal : Principal>,
    services: S,
  ) => MaybePromise<ResultOf<R>>;
}

/** An operation with its types closed inside. */
export interface QueryOperation<S> {
  readonly name: string;
  readonly result: ElementSchema<unknown> | undefined;
  readonly openTo: 'granted' | 'signed' | 'anyone';
  readonly missing: string | undefined;
  readonly parameters: readonly string[];
  /** Throws ValidationError. */
  prepare(source: ParameterSource, services: S): PreparedQuery;
}

export interface PreparedQuery {
  conditions(caller: Principal): MaybePromise<MoreConditions>;
  /** Undefined for an operation that weighs all itself. */
  grants(caller: SignedPrincipal): MaybePromise<Grants> | undefined;
  run(request: Omit<QueryRequest<never, Principal>, 'input'>): MaybePromise<unknown>;
}

/** Declares operations that use the services `S`: `const defineIamOperation = operationsWith<IamServices>();` */
export function operationsWith<S>() {
  type Result = ElementSchema<unknown> | undefined;
  function define<P extends Parameters, R extends Result = undefined>(declaration: Granted<S, P, R>): QueryOperation<S>;
  function define<P extends Parameters, R extends Result = undefined>(
    declaration: Open<S, P, R, 'signed'>,
  ): QueryOperation<S>;
  function define<P extends Parameters, R extends Result = undefined>(
    declaration: Open<S, P, R, 'anyone'>,
  ): QueryOperation<S>;
  function define<P extends Parameters, R extends Result>(
    declaration: Granted<S, P, R> | Open<S, P, R, 'signed'> | Open<S, P, R, 'anyone'>,
  ): QueryOperation<S> {
    return {
      name: declaration.name,
      result: declaration.result,
      openTo: 'openTo' in declaration ? declaration.openTo : 'granted',
      missing: declaration.missing,
      parameters: Object.keys(declaration.input),
      prepare(source, services) {
        const input = readParameters(declaration.input, source);
        return {
          conditions: (caller) => declaration.conditions?.(input, services, caller) ?? {},
          grants: (caller) => ('requires' in declaration ? declaration.requires(input, caller, services) : undefined),
          // The one cast: the pipeline hands over a signed principal unless the operation is open to anyone.
          run: (request) => declaration.handle({ ...request, input } as never, services),
        };
      },
    };
  }
  return define;
}

/** What a service speaks: `iam` in the version of 2010-05-08. */
export interface QueryApi<S> {
  readonly service: 'iam' | 'sts' | 'cairn';
  readonly version: string;
  readonly namespace: string;
  readonly operations: readonly QueryOperation<S>[];
  readonly services: S;
  /** What policies may ask about the things that a request is about: their tags. Left out: nothing. */
  readonly resourceConditions?: (grants: Grants, caller: SignedPrincipal) => MaybePromise<MoreConditions>;
  /**
   * Whether sessions of users, roots and federated users have nothing to ask of it, as on AWS: sessions of roles alone do.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
   */
  readonly refusesSessions?: true;
  /** The longest body that is read of a signed request. */
  readonly maximumBodyBytes: number;
}
