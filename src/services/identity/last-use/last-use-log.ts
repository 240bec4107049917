import type { SignedPrincipal } from '../../../domain/principal.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Logger } from '../../../foundation/logger.ts';
import { RecentMap } from '../../../foundation/recent-map.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { type LastUseRecord, lastUseRecordType } from '../../../records/last-use-record.ts';
import { writeRecord } from '../../../records/record-type.ts';
import type { Session } from '../sessions/session-tokens.ts';

interface LogContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The session that a principal came from; undefined for long-lived keys. */
  sessionOf(principal: SignedPrincipal): Session | undefined;
}

/** Where something was used: what signatures are verified by. */
export interface UsePlace {
  /** `s3`, `iam`, `sts`, `cairn` */
  readonly requiredService: string;
  readonly region: string;
}

/** A use that is as old as this is told anew; what is stored is right to this. */
const grainMilliseconds = 300_000;
/** Between two commits, where there is anything to tell. */
const gatherMilliseconds = 60_000;
/** A principal is looked at again after this. */
const notedMilliseconds = 30_000;
/** Keys and roles of a process; what is beyond them is told of the next time. */
const mostPending = 100_000;
const rememberedTold = 100_000;
const writtenAtOnce = 500;

/**
 * Keeps when access keys and roles were used last, without a write a request: what was used is gathered in memory, and
 * told by a commit a minute where it is news. A use of a session is one of the key that it was asked for with, and of its
 * role.
 */
export class LastUseLog {
  readonly #context: LogContext;
  /** A principal is the same object as long as its key and its policies are. */
  readonly #noted = new WeakMap<SignedPrincipal, number>();
  /** When what is stored says that it was used, as far as this process knows. */
  readonly #told = new RecentMap<string, number>(rememberedTold);
  #pending = new Map<string, LastUseRecord>();
  #gathering = false;
  #flushing: Promise<void> = Promise.resolve();

  constructor(context: LogContext) {
    this.#context = context;
  }

  /** Never throws and never waits; nearly always it does nothing at all. */
  used(principal: SignedPrincipal, place: UsePlace): void {
    const now = this.#context.clock.now();
    const before = this.#noted.get(principal);
    if (before !== undefined && now >= before && now - before < notedMilliseconds) return;
    this.#noted.set(principal, now);
    const session = principal.session && this.#context.sessionOf(principal);
    // Temporary keys are nowhere stored.
    if (session === undefined) this.#use(principal.accessKeyId, now, place);
    else if (session.parent) this.#use(session.parent.accessKeyId, now, place);
    if (principal.kind === 'role-session') this.#use(principal.roleId, now, place);
  }

  #use(id: string, at: number, { requiredService: service, region }: UsePlace): void {
    const told = this.#told.get(id);
    if (told !== undefined && at >= told && at - told < grainMilliseconds) return;
    if (this.#pending.size >= mostPending && !this.#pending.has(id)) return;
    this.#pending.set(id, { at, service, region });
    if (this.#gathering) return;
    this.#gathering = true;
    void this.#context.clock.sleep(gatherMilliseconds).then(() => this.flush());
  }

  /** Resolves when all that was used before is told, or could not be. Never rejects. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#tell());
    return this.#flushing;
  }

  async #tell(): Promise<void> {
    this.#gathering = false;
    const pending = [...this.#pending];
    this.#pending = new Map();
    for (let i = 0; i < pending.length; i += writtenAtOnce) {
      const some = pending.slice(i, i + writtenAtOnce);
      try {
        await this.#write(some);
        for (const [id, { at }] of some) this.#told.set(id, at);
      } catch (error) {
        // Lost: the next use of each tells it again.
        this.#context.logger.warn({ err: error }, 'when keys were used last could not be stored');
      }
    }
  }

  /** What is gone by then, and what somebody else has told already, is left out. */
  async #write(uses: readonly (readonly [id: string, use: LastUseRecord])[]): Promise<void> {
    await this.#context.metadata.transact(async (tx) => {
      const stored = await tx.getMany(uses.map(([id]) => keyspace.lastUse(id)));
      const owners = await tx.getMany(uses.map(([id]) => ownerKey(id)));
      for (const [i, [id, use]] of uses.entries()) {
        const before = stored[i] && lastUseRecordType.decode(stored[i]);
        // One that is far ahead is of a clock that went wrong, and would stay for as long.
        if (!owners[i] || (before && Math.abs(use.at - before.at) < grainMilliseconds)) continue;
        writeRecord(tx, { type: lastUseRecordType, key: keyspace.lastUse(id) }, use);
      }
    });
  }
}

/** Ids of roles begin as no access key of Cairn's making does; one that was brought along may. */
function ownerKey(id: string): Buffer {
  return id.startsWith('AROA') ? keyspace.role(id) : keyspace.accessKey(id);
}
