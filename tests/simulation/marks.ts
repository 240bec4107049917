import { type CallKind, callKinds } from './workload.ts';

/** What a run may come across, beside the calls that it makes. A mark that stays at zero after many runs means that they are busy and not thorough. */
const metNames = [
  'conflict retried',
  'fault',
  'process killed',
  'power cut',
  'blob changed by a power cut',
  'clock changed',
  'answer lost',
  'precondition failed',
  'copy tried again',
  'copy given up',
  'copy onto itself',
  'read of an old version',
  'read cut off',
  'blob reclaimed',
  'content moved',
  'orphan condemned',
  'condemned while uploading',
  'lease written',
  'upload completed',
  'upload completed again',
  'upload of several parts',
  'part replaced',
  'upload ended without',
  'bucket deleted',
  'bucket not empty',
  'bucket in the way',
  'range copied into a part',
  'parts of an object shown',
  'parts shown',
  'page of parts cut',
  'uploads shown',
  'page of buckets cut',
  'account deleted',
  'account kept for its buckets',
  'signed in',
  'user signed in',
  'user was allowed',
  'named version tagged',
  'kept by a hold',
  'kept by governance',
  'kept by compliance',
  'governance bypassed',
  'removed after its retention',
  'retention refused',
  'kept by default',
  'version expired',
  'expiry stopped by a lock',
  'event delivered',
  'event delivered again',
  'target of events killed',
  'list of objects made',
  'list of several files',
  'list taken up again',
  'setting seen',
  'access log delivered',
  'page cut',
  'page cut at a prefix',
  'history too wide',
] as const;

const markNames = [...metNames, ...callKinds.map((kind) => `made: ${kind}` as const)];

/** Met once in some ten thousand runs. */
const rareMarks: ReadonlySet<MarkName> = new Set(['copy given up', 'read cut off']);

export type MarkName = (typeof metNames)[number] | `made: ${CallKind}`;

/** Counts by name. */
export class Marks {
  readonly #counts = new Map<MarkName, number>();

  hit(name: MarkName, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  get(name: MarkName): number {
    return this.#counts.get(name) ?? 0;
  }

  addAll(others: Marks): void {
    for (const name of markNames) if (others.get(name) > 0) this.hit(name, others.get(name));
  }

  /** What should have been met and was not. */
  missing(): MarkName[] {
    return markNames.filter((name) => this.get(name) === 0 && !rareMarks.has(name));
  }

  report(): string {
    return markNames.map((name) => `${String(this.get(name)).padStart(9)}  ${name}`).join('\n');
  }
}
