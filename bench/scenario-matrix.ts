import { longSize, mebibyte, type Scenario, setOf, shortSize } from './scenarios.ts';

export const operationNames = ['put', 'get', 'head', 'list', 'delete', 'multipart', 'mixed'] as const;
export type OperationName = (typeof operationNames)[number];

/** Every operation at every size with every number of clients. */
export interface Matrix {
  readonly operations: readonly OperationName[];
  /** In bytes. */
  readonly sizes: readonly number[];
  readonly clients: readonly number[];
  readonly partBytes: number;
}

/** Scenarios between which a server that the run starts is started anew, in an empty directory, so that disks hold it. */
export type Round = readonly Scenario[];

/** What depends on no size comes first, then one round for each size. */
export function roundsOf({ operations, sizes, clients, partBytes }: Matrix): readonly Round[] {
  const smallest = Math.min(...sizes);
  const build = (size: number) => (operation: OperationName) =>
    clients.map((connections) => scenarioOf(operation, { size, connections, partBytes }));
  const hasSize = (operation: OperationName) => !['head', 'list', 'delete'].includes(operation);
  const rounds = [
    operations.filter((operation) => !hasSize(operation)).flatMap(build(smallest)),
    ...sizes.map((size) => operations.filter(hasSize).flatMap(build(size))),
  ];
  return rounds.filter((round) => round.length > 0);
}

interface Cell {
  readonly size: number;
  readonly connections: number;
  readonly partBytes: number;
}

function scenarioOf(operation: OperationName, { size, connections, partBytes }: Cell): Scenario {
  const hasSize = !['head', 'list', 'delete'].includes(operation);
  const name = `${operation}${hasSize ? `-${shortSize(size)}` : ''}-c${connections}`;
  const mostPerSecond = mostPerSecondOf(size, connections);
  switch (operation) {
    case 'put': {
      return { kind: 'write', name, title: `PUT ${longSize(size)}`, connections, objectBytes: size, mostPerSecond };
    }
    case 'get': {
      return { kind: 'read', name, title: `GET ${longSize(size)}`, connections, method: 'GET', from: setOf(size) };
    }
    case 'head': {
      return { kind: 'read', name, title: 'HEAD', connections, method: 'HEAD', from: setOf(size) };
    }
    case 'list': {
      return { kind: 'list', name, title: 'LIST, all pages', connections, rollsUp: false, pages: 'all' };
    }
    case 'delete': {
      return { kind: 'delete', name, title: 'DELETE', connections, mostPerSecond: Math.min(15_000, mostPerSecond) };
    }
    case 'multipart': {
      const title = `Multipart, ${longSize(size)}${size > partBytes ? ` by ${longSize(partBytes)}` : ', one part'}`;
      return { kind: 'multipart', name, title, connections, objectBytes: size, partBytes, mostPerSecond };
    }
    case 'mixed': {
      return { kind: 'mixed', name, title: `Mixed, ${longSize(size)}`, connections, from: setOf(size), mostPerSecond };
    }
  }
}

/** More than a machine can do: so much is prepared. One client alone waits for each answer. */
function mostPerSecondOf(bytes: number, connections: number): number {
  return Math.ceil(Math.min(40_000, 8_000 * connections, (4_000 * mebibyte) / Math.max(1, bytes)));
}
