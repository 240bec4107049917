import { StorageError } from '../../domain/errors.ts';
import { invariant } from '../../foundation/invariant.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import type { Operation, Route } from '../operation.ts';
import { subResources } from './sub-resources.ts';

/** Finds the operation of a request. */
export interface Router {
  /** Throws NotImplemented or MethodNotAllowed. */
  match(head: RequestHead): Operation;
}

/** Throws when two operations claim the same requests. */
export function createRouter(operations: readonly Operation[]): Router {
  const places = new Map<string, Places>();
  const claims = new Map<string, string>();
  for (const operation of operations) {
    const claim = describeRoute(operation.route);
    invariant(!claims.has(claim), 'no two operations claim the same route', { claim, operation: operation.name });
    claims.set(claim, operation.name);
    addCandidate(places, operation);
  }
  return {
    match(head) {
      const target = targetOf(head);
      const operation = candidatesFor(places, head, target).find(({ route }) => fits(route, head));
      const unclaimed = unclaimedSubResource(operation?.route, head);
      if (unclaimed !== undefined) throw notImplemented(unclaimed);
      if (operation) return operation;
      if (target === 'account') throw notImplemented(head.address.key ?? '');
      throw new StorageError('MethodNotAllowed', {
        fields: { Method: head.method, ResourceType: target.toUpperCase() },
        headers: { Allow: allowedMethods(places, target) },
      });
    },
  };
}

/** The operations of one method, by what they are about, the most constrained first. */
type Places = Partial<Record<Route['target'], Candidates>>;

interface Candidates {
  readonly all: Operation[];
  /** Those that ask for no parameter: most requests have none, and need not look at the others. */
  readonly withoutQuery: Operation[];
}

function addCandidate(places: Map<string, Places>, operation: Operation): void {
  const { method, target, query } = operation.route;
  const ofMethod = places.get(method) ?? {};
  places.set(method, ofMethod);
  ofMethod[target] ??= { all: [], withoutQuery: [] };
  const { all, withoutQuery } = ofMethod[target];
  all.push(operation);
  if (Object.keys(query ?? {}).length === 0) withoutQuery.push(operation);
  for (const list of [all, withoutQuery]) list.sort((a, b) => constraints(b.route) - constraints(a.route));
}

const none: readonly Operation[] = [];

function candidatesFor(
  places: ReadonlyMap<string, Places>,
  { method, query }: RequestHead,
  target: Route['target'],
): readonly Operation[] {
  const candidates = places.get(method)?.[target];
  return candidates?.[query.entries.length === 0 ? 'withoutQuery' : 'all'] ?? none;
}

function targetOf({ address }: RequestHead): Route['target'] {
  if (address.style === 'account') return 'account';
  if (address.bucket === undefined) return 'service';
  return address.key === undefined ? 'bucket' : 'object';
}

function fits(route: Route, head: RequestHead): boolean {
  if (route.path !== undefined && route.path !== head.address.key) return false;
  for (const name in route.query) {
    const wanted = route.query[name];
    const given = head.query.get(name);
    if (given === undefined || (wanted !== true && given !== wanted)) return false;
  }
  return (route.headers ?? []).every((name) => head.headers[name] !== undefined);
}

function constraints(route: Route): number {
  return Object.keys(route.query ?? {}).length + (route.headers?.length ?? 0);
}

function unclaimedSubResource(route: Route | undefined, head: RequestHead): string | undefined {
  for (const [name] of head.query.entries) {
    if (subResources.has(name) && route?.query?.[name] === undefined) return name;
  }
  return undefined;
}

function notImplemented(subResource: string): StorageError {
  return new StorageError('NotImplemented', {
    message: `Cairn does not implement this request: ${subResource}.`,
    fields: { Header: subResource },
  });
}

function allowedMethods(places: ReadonlyMap<string, Places>, target: Route['target']): string {
  return [...places].flatMap(([method, ofMethod]) => (ofMethod[target] ? [method] : [])).join(', ');
}

function describeRoute({ method, target, path, query, headers }: Route): string {
  const parameters = Object.entries(query ?? {}).map(([name, value]) => `${name}=${value === true ? '*' : value}`);
  return [
    method,
    target,
    ...(path === undefined ? [] : [path]),
    ...parameters.sort(),
    ...[...(headers ?? [])].sort(),
  ].join(' ');
}
