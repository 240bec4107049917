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
  const byTarget = new Map<string, Operation[]>();
  const claims = new Map<string, string>();
  for (const operation of operations) {
    const claim = describeRoute(operation.route);
    invariant(!claims.has(claim), 'no two operations claim the same route', { claim, operation: operation.name });
    claims.set(claim, operation.name);
    const place = `${operation.route.method} ${operation.route.target}`;
    byTarget.set(place, [...(byTarget.get(place) ?? []), operation]);
  }
  for (const candidates of byTarget.values()) candidates.sort((a, b) => constraints(b.route) - constraints(a.route));
  return {
    match(head) {
      const target = targetOf(head);
      const candidates = byTarget.get(`${head.method} ${target}`) ?? [];
      const operation = candidates.find((candidate) => fits(candidate.route, head));
      const unclaimed = unclaimedSubResource(operation?.route, head);
      if (unclaimed !== undefined) throw notImplemented(unclaimed);
      if (operation) return operation;
      if (target === 'account') throw notImplemented(head.address.key ?? '');
      throw new StorageError('MethodNotAllowed', {
        fields: { Method: head.method, ResourceType: target.toUpperCase() },
        headers: { Allow: allowedMethods(byTarget, target) },
      });
    },
  };
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

function allowedMethods(byTarget: ReadonlyMap<string, readonly Operation[]>, target: string): string {
  const places = [...byTarget.keys()].map((place) => place.split(' '));
  return places.flatMap(([method, itsTarget]) => (itsTarget === target ? [method] : [])).join(', ');
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
