import { createHash } from 'node:crypto';
import { type Attempt, type Reply, type Step, type StepPart, unknown, type WriteId } from './attempt.ts';
import type { Scheduler } from './scheduler.ts';

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
}

/** An attempt under way. Unless it is answered or withdrawn, its outcome stays unknown. */
export interface OpenAttempt {
  answer(reply: Reply): void;
  /** It had no effect, and its answer says nothing about the key. */
  withdraw(): void;
}

/** What clients have sent and been told, over all of them: the omniscient observer's notes. */
export class Ledger {
  readonly attempts: Attempt[] = [];
  readonly versionListings: VersionListing[] = [];
  readonly violations: string[] = [];
  readonly uploads: KnownUpload[] = [];
  /** The bytes behind each ETag. */
  readonly bodies = new Map<string, Buffer>();
  /** The ETags that a write may have come to. */
  readonly etagsOf = new Map<WriteId, Set<string>>();
  readonly writeOfVersion = new Map<string, WriteId>();
  readonly #versions = new Map<number, string[]>();
  readonly #lastSeen = new Map<string, string>();
  readonly #open = new Map<object, Attempt>();
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

  begin(client: number, key: number, step: Step): OpenAttempt {
    const handle = {};
    const start = this.#scheduler.tick();
    this.#open.set(handle, { client, key, step, start, end: Number.POSITIVE_INFINITY, reply: unknown });
    return {
      answer: (reply) => {
        if (!this.#open.delete(handle)) return;
        const end = reply === unknown ? Number.POSITIVE_INFINITY : this.#scheduler.tick();
        this.attempts.push({ client, key, step, start, end, reply });
        this.#scheduler.note(undefined, `client ${client} key ${key}: ${describe(step)} → ${reply}`);
      },
      withdraw: () => void this.#open.delete(handle),
    };
  }

  /** What was never answered may have happened. */
  closeOpen(): number {
    const left = [...this.#open.values()];
    this.attempts.push(...left);
    this.#open.clear();
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

export function describe(step: Step): string {
  const { kind, ...rest } = step;
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined);
  return `${kind} ${fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ')}`;
}
