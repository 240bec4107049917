import type { FaultKind } from '../../src/engines/fault-plan.ts';
import { CallDraws, type CallLimits } from './call-draws.ts';
import type { Latency } from './scheduler.ts';
import { SeededStream } from './seeded-stream.ts';
import { type CallKind, callKinds, drawCall, type PlannedCall, weightOf } from './workload.ts';

/** One client, which asks one process, one thing after the other. */
export interface PlannedClient {
  readonly process: number;
  readonly calls: readonly PlannedCall[];
}

/** The nth call of a port on behalf of one client, from 1 on. The background process is client -1. */
export interface PlannedFault {
  readonly client: number;
  readonly call: number;
  readonly kind: FaultKind;
}

/** Something that happens to a process (-1: the background one) or the machine, milliseconds after the start. */
export type PlannedEvent =
  | { readonly kind: 'kill'; readonly at: number; readonly process: number }
  | { readonly kind: 'clock'; readonly at: number; readonly process: number; readonly offset: number }
  | { readonly kind: 'power-cut'; readonly at: number }
  /** The target of events dies, and comes back so many milliseconds later. */
  | { readonly kind: 'target-crash'; readonly at: number; readonly milliseconds: number };

/** Everything that a run follows from: plain JSON. */
export interface Plan {
  readonly seed: string;
  readonly processes: number;
  readonly buckets: readonly ('unversioned' | 'enabled' | 'suspended')[];
  readonly keys: readonly { readonly bucket: number; readonly key: string }[];
  readonly inlineBytes: number;
  readonly graceMilliseconds: number;
  /** Length of the pieces in which blobs are read. */
  readonly pieceLength: number;
  readonly latency: Latency;
  /** Share of commits that conflict although nobody else wrote. */
  readonly conflictRate: number;
  readonly clients: readonly PlannedClient[];
  readonly faults: readonly PlannedFault[];
  readonly events: readonly PlannedEvent[];
}

/** Keys that are prefixes of each other, or that sort otherwise as UTF-16 (U+FF5E, U+1F600) than as UTF-8. */
const collidingKeys = [
  'a',
  'a/',
  'a/b',
  'a/b/c',
  'a\u{1F600}',
  'a\uFF5E',
  'a\0',
  'a\0b',
  '\u{1F600}/x',
  'ab',
  'b',
  ' ',
];

/** What belongs together: half of the runs do one of these, on few keys and with little else. */
const themes: readonly (readonly CallKind[])[] = [
  ['put', 'get', 'head', 'delete', 'versioning'],
  ['put', 'delete', 'list-versions'],
  ['put', 'delete', 'copy', 'get'],
  ['put', 'delete', 'upload', 'part', 'part-copy'],
  ['upload', 'part', 'complete', 'abort', 'get'],
  ['multipart', 'get', 'delete', 'wait'],
  ['multipart', 'get', 'copy', 'put'],
  ['put', 'create-bucket', 'delete-bucket', 'upload'],
  ['put', 'search-orphans', 'multipart', 'delete'],
  ['upload', 'part', 'complete', 'abort', 'list-parts', 'list-uploads'],
  ['create-bucket', 'delete-bucket', 'list-buckets', 'put', 'delete'],
  ['create-account', 'delete-account', 'create-key', 'set-key', 'delete-key', 'sign-in', 'list-keys', 'list-accounts'],
  ['create-account', 'delete-account', 'create-key', 'delete-key', 'create-own-bucket', 'delete-own-bucket'],
  ['create-user-key', 'set-user-key', 'delete-user-key', 'user-signs-in', 'attach-to-user', 'detach-from-user'],
  ['user-signs-in', 'join-group', 'leave-group', 'attach-to-group', 'detach-from-group', 'create-user-key'],
  [
    ...(['create-user', 'delete-user', 'create-user-key', 'join-group', 'create-group', 'delete-group'] as const),
    ...(['create-policy', 'delete-policy', 'attach-to-user', 'attach-to-group', 'user-signs-in'] as const),
  ],
  ['put', 'delete', 'retain', 'versioning', 'wait'],
  ['put', 'put-locked', 'lock', 'delete', 'retain', 'versioning', 'expire'],
  ['put', 'copy', 'lock', 'delete', 'versioning', 'multipart', 'wait'],
  ['put', 'delete', 'notify', 'deliver-events', 'tag'],
  ['put', 'multipart', 'copy', 'delete', 'notify', 'deliver-events', 'versioning'],
  ['put', 'delete', 'inventory', 'make-inventory', 'versioning'],
  ['put', 'delete', 'inventory', 'make-inventory', 'read-inventories', 'create-bucket', 'delete-bucket'],
  ['put', 'delete', 'notify', 'deliver-events', 'create-bucket', 'delete-bucket'],
];

/** The swarm: each run leaves most things out and does much of the rest. */
export function drawPlan(seed: string): Plan {
  const shape = new SeededStream(`${seed} shape`);
  const processes = 1 + shape.integer(4);
  const inlineBytes = shape.pick([0, 16, 40]);
  const buckets = Array.from({ length: shape.pick([1, 1, 2]) }, () =>
    shape.pick(['unversioned', 'enabled', 'suspended'] as const),
  );
  const theme = shape.happens(0.5) ? shape.pick(themes) : undefined;
  const keyCount = shape.pick(theme ? [1, 1, 2] : [1, 2, 4, 4, 8]);
  const keys = Array.from({ length: keyCount }, (_, i) => ({
    bucket: i % buckets.length,
    key: collidingKeys[(shape.integer(collidingKeys.length) + i) % collidingKeys.length]!,
  })).filter(({ bucket, key }, i, all) => all.findIndex((k) => k.bucket === bucket && k.key === key) === i);
  const latency = {
    usual: shape.pick([1, 1, 1, 5, 50]),
    rare: shape.pick([0, 0, 0.01, 0.05, 0.2]),
    long: shape.pick([10, 500, 5000, 40_000]),
  };
  const graceMilliseconds = shape.pick([0, 0, 20, 1000, 20_000, 300_000]);
  const clients = drawClients(seed, shape, {
    theme,
    processes,
    keys: keys.length,
    buckets: buckets.length,
    inlineBytes,
    grace: graceMilliseconds,
  });
  const isCalm = shape.happens(1 / 3);
  return {
    seed,
    processes,
    buckets,
    keys,
    inlineBytes,
    graceMilliseconds,
    pieceLength: shape.pick([4, 16, 64]),
    latency,
    conflictRate: shape.pick([0, 0, 0.1, 0.4]),
    clients,
    faults: isCalm ? [] : drawFaults(seed, clients.length),
    events: isCalm ? [] : drawEvents(seed, { processes, length: latency.usual * 400 }),
  };
}

interface ClientLimits extends CallLimits {
  readonly theme: readonly CallKind[] | undefined;
  readonly processes: number;
}

function drawClients(seed: string, shape: SeededStream, limits: ClientLimits): PlannedClient[] {
  // Narrow runs find what wide ones never come to.
  const width = shape.pick([0.15, 0.25, 0.4, 0.6, 0.9]);
  const isLeftOut = (kind: CallKind) =>
    limits.theme ? !limits.theme.includes(kind) : kind !== 'put' && !shape.happens(width);
  const kinds = callKinds.map((kind) => ({
    kind,
    weight: isLeftOut(kind) ? 0 : (limits.theme ? 1 : weightOf(kind)) * (0.2 + shape.fraction()),
  }));
  const count = shape.pick([1, 2, 3, 4, 5]);
  const calls = shape.pick([4, 8, 12, 16]);
  return Array.from({ length: count }, (_, client) => {
    const draws = new SeededStream(`${seed} client ${client}`);
    return {
      process: client % limits.processes,
      calls: Array.from({ length: calls }, () => drawCall(drawKind(draws, kinds), new CallDraws(draws, limits))),
    };
  });
}

function drawKind(draws: SeededStream, kinds: readonly { kind: CallKind; weight: number }[]): CallKind {
  let left = draws.fraction() * kinds.reduce((sum, { weight }) => sum + weight, 0);
  for (const { kind, weight } of kinds) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'put';
}

function drawFaults(seed: string, clients: number): PlannedFault[] {
  const draws = new SeededStream(`${seed} faults`);
  const rate = draws.pick([0, 0.005, 0.02, 0.1]);
  const kinds = draws.pick<readonly FaultKind[]>([
    ['conflict'],
    ['after'],
    ['before', 'after', 'cut', 'flip', 'full', 'conflict'],
  ]);
  const faults: PlannedFault[] = [];
  if (rate === 0) return faults;
  for (let client = -1; client < clients; client++) {
    for (let call = 1; call < 400; call++) {
      if (draws.happens(rate)) faults.push({ client, call, kind: draws.pick(kinds) });
    }
  }
  return faults;
}

const day = 86_400_000;
/** Milliseconds; those of days are there for what lasts that long. */
const clockOffsets = [-3_600_000, -2000, -1, 0, 1, 2000, 3_600_000, -2 * day, 2 * day, 40 * day];

function drawEvents(seed: string, { processes, length }: { processes: number; length: number }): PlannedEvent[] {
  const draws = new SeededStream(`${seed} events`);
  const events: PlannedEvent[] = [];
  const kills = draws.pick([0, 0, 1, 3]);
  for (let i = 0; i < kills; i++) {
    events.push({ kind: 'kill', at: draws.fraction() * length, process: draws.integer(processes + 1) - 1 });
  }
  if (draws.happens(0.2)) events.push({ kind: 'power-cut', at: draws.fraction() * length });
  if (draws.happens(0.2)) {
    const process = draws.integer(processes);
    for (let at = draws.fraction() * length; at < length; at += 1 + draws.fraction() * length) {
      events.push({ kind: 'clock', at, process, offset: draws.pick(clockOffsets) });
    }
  }
  if (draws.happens(0.2)) {
    const milliseconds = draws.fraction() * length;
    events.push({ kind: 'target-crash', at: draws.fraction() * length, milliseconds });
  }
  return events;
}
