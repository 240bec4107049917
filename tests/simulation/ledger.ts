import { createHash } from 'node:crypto';
import {
  type Attempt,
  type KeyAttempt,
  type Reply,
  type Step,
  type StepPart,
  type StepRetention,
  unknown,
  type WriteId,
} from './attempt.ts';
import type { EventsHeard } from './events-heard.ts';
import type { IdentityStep } from './identity-model.ts';
import type { Scheduler } from './scheduler.ts';
import type { UserStep } from './user-model.ts';

export interface KnownUpload {
  readonly key: number;
  readonly id: string;
  readonly write: WriteId;
  /** Those whose upload was acknowledged, the last of each number. */
  readonly parts: Map<number, StepPart>;
  isCompleted: boolean;
}

/** A listing of versions: which writes it showed of one key, and when. */
export interface VersionListing {
  readonly key: number;
  readonly start: number;
  readonly end: number;
  readonly writes: ReadonlySet<WriteId>;
  /** Perhaps shown: several writes look alike. */
  readonly perhaps?: ReadonlySet<WriteId>;
}

/** An attempt under way. Unless it is answered or withdrawn, its outcome stays unknown. */
export interface OpenAttempt {
  answer(reply: Reply): void;
  /** It had no effect, and its answer says nothing about the key. */
  withdraw(): void;
}

/** Several that are answered alike. */
export function together(attempts: readonly OpenAttempt[]): OpenAttempt {
  return {
    answer: (reply) => attempts.forEach((attempt) => void attempt.answer(reply)),
    withdraw: () => attempts.forEach((attempt) => void attempt.withdraw()),
  };
}

/** What clients have sent and been told, over all of them: the omniscient observer's notes. */
export class Ledger {
  readonly attempts: KeyAttempt[] = [];
  /** About accounts and access keys. */
  readonly identityAttempts: Attempt<IdentityStep>[] = [];
  /** About users, their keys, the group and the policy. */
  readonly userAttempts: Attempt<UserStep>[] = [];
  /** Keys of users that somebody has heard of. */
  readonly userKeys: { readonly user: number; readonly key: WriteId; readonly accessKeyId: string }[] = [];
  readonly versionListings: VersionListing[] = [];
  readonly violations: string[] = [];
  readonly uploads: KnownUpload[] = [];
  /** The bytes behind each ETag. */
  readonly bodies = new Map<string, Buffer>();
  /** The ETags that a write may have come to. */
  readonly etagsOf = new Map<WriteId, Set<string>>();
  /** The parts that an object of an ETag may have: `number size`, in order. */
  readonly partsOf = new Map<string, Set<string>>();
  /** Lines for access logs, and whether they were certainly stored. */
  readonly logLines = new Map<string, 'stored' | 'perhaps'>();
  readonly writeOfVersion = new Map<string, WriteId>();
  /** Ends of retentions that somebody asked for; whatever else keeps a version is the default retention of its bucket. */
  readonly askedEnds = new Set<number>();
  /** Until when a version is kept that the default retention keeps, as it was first seen. */
  readonly keptUntil = new Map<WriteId, number>();
  /** What a version was last seen to be kept by. */
  readonly lastRetention = new Map<WriteId, StepRetention | undefined>();
  /** When lists of objects were about to appear, by the ETags of their manifests. */
  readonly listEnds = new Map<string, number>();
  /** Those whose rows are part of the history. */
  readonly readLists = new Set<string>();
  /** What was told in the end. */
  heard: EventsHeard | undefined;
  readonly #versions = new Map<number, string[]>();
  readonly #lastSeen = new Map<string, string>();
  readonly #open = new Set<() => void>();
  readonly #scheduler: Scheduler;
  #writes = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  tick(): number {
    return this.#scheduler.tick();
  }

  newWrite(client: number): WriteId {
    return `w${client}.${this.#writes++}`;
  }

  /** Bytes that are no other write's, as far as that many can be. */
  newBody(write: WriteId, size: number): { body: Buffer; etag: string } {
    const body = Buffer.alloc(size, `${write}:`);
    return { body, etag: this.keepBody(body) };
  }

  keepBody(body: Buffer): string {
    const etag = md5(body).toString('hex');
    this.bodies.set(etag, body);
    return etag;
  }

  /** The ETag that S3 documents for an object of these parts. */
  keepParts(parts: readonly StepPart[]): string {
    const digests = parts.map(({ etag }) => Buffer.from(etag, 'hex'));
    const etag = `${md5(Buffer.concat(digests)).toString('hex')}-${parts.length}`;
    this.bodies.set(etag, Buffer.concat(parts.map((part) => this.bodies.get(part.etag) ?? Buffer.alloc(0))));
    this.partsOf.set(etag, (this.partsOf.get(etag) ?? new Set()).add(partsInWords(parts)));
    return etag;
  }

  mayBecome(write: WriteId, etag: string): void {
    this.etagsOf.set(write, (this.etagsOf.get(write) ?? new Set()).add(etag));
  }

  learnVersion(key: number, versionId: string, write: WriteId): void {
    if (versionId === 'null' || this.writeOfVersion.has(versionId)) return;
    this.writeOfVersion.set(versionId, write);
    this.#versions.set(key, [...(this.#versions.get(key) ?? []), versionId]);
  }

  /** One of the version ids of a key that somebody has heard of; `null` is always one. */
  pickVersion(key: number, pick: number): string {
    const known = ['null', ...(this.#versions.get(key) ?? [])];
    return known[Math.floor(pick * known.length)]!;
  }

  see(client: number, key: number, etag: string): void {
    this.#lastSeen.set(`${client} ${key}`, etag);
  }

  lastSeen(client: number, key: number): string | undefined {
    return this.#lastSeen.get(`${client} ${key}`);
  }

  seeRetention(write: WriteId, retention: StepRetention | undefined): void {
    this.lastRetention.set(write, retention);
    if (!retention || this.askedEnds.has(retention.until) || this.keptUntil.has(write)) return;
    this.keptUntil.set(write, retention.until);
  }

  /** The end of the longest retention that anybody knows of. */
  get lastEnd(): number {
    return Math.max(0, ...this.askedEnds, ...this.keptUntil.values());
  }

  /** `start` where the attempt began before it was known to be one. */
  begin(client: number, key: number, { step, start = this.tick() }: { step: Step; start?: number }): OpenAttempt {
    return this.#begin(`client ${client} key ${key}: ${describe(step)}`, (end, reply) => {
      if ('clock' in step && Number.isFinite(end)) step.clock.stop();
      this.attempts.push({ client, key, step, start, end, reply });
    });
  }

  beginIdentity(client: number, step: IdentityStep): OpenAttempt {
    const start = this.tick();
    return this.#begin(`client ${client}: ${describe(step)}`, (end, reply) =>
      this.identityAttempts.push({ client, step, start, end, reply }),
    );
  }

  beginUser(client: number, step: UserStep): OpenAttempt {
    const start = this.tick();
    return this.#begin(`client ${client}: ${describe(step)}`, (end, reply) =>
      this.userAttempts.push({ client, step, start, end, reply }),
    );
  }

  #begin(name: string, keep: (end: number, reply: Reply) => void): OpenAttempt {
    const leaveUnknown = () => keep(Number.POSITIVE_INFINITY, unknown);
    this.#open.add(leaveUnknown);
    return {
      answer: (reply) => {
        if (!this.#open.delete(leaveUnknown)) return;
        keep(reply === unknown ? Number.POSITIVE_INFINITY : this.tick(), reply);
        this.#scheduler.note(undefined, `${name} → ${reply}`);
      },
      withdraw: () => void this.#open.delete(leaveUnknown),
    };
  }

  /** What was never answered may have happened. */
  closeOpen(): number {
    const left = [...this.#open];
    this.#open.clear();
    for (const leaveUnknown of left) leaveUnknown();
    return left.length;
  }

  violate(what: string): void {
    this.violations.push(what);
    this.#scheduler.note(undefined, `VIOLATION ${what}`);
  }
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}

/** The parts of an object, in words. */
export function partsInWords(parts: readonly { readonly number: number; readonly size: number }[]): string {
  return parts.map(({ number, size }) => `${number} ${size}`).join(', ');
}

export interface NamedStep {
  readonly kind: string;
}

export function describe(step: NamedStep): string {
  const { kind, ...rest } = step as NamedStep & { readonly clock?: unknown };
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined);
  return `${kind} ${fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ')}`;
}
