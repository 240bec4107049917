import { networkOf } from '../../domain/address-network.ts';
import { type ExplainedSide, explainSides } from '../../domain/policy/explain-sides.ts';
import { arnOfPrincipal, type Principal } from '../../domain/principal.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Logger } from '../../foundation/logger.ts';
import { RecentMap } from '../../foundation/recent-map.ts';
import type { RefusalRecord } from '../../records/refusal-record.ts';
import type { AccessRequest } from '../authorization/access.ts';
import type { RefusalWatch, RefusedRequest } from '../authorization/refusals.ts';
import { arnOfResource } from '../authorization/resource-arn.ts';
import { RefusalStore } from './refusal-store.ts';

interface JournalContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Noted extends RefusedRequest {
  /** In milliseconds since the epoch. */
  readonly at: number;
}

/** What one principal may still have noted. */
interface Share {
  left: number;
  filledAt: number;
}

/** How long a refusal is only in memory. */
const gatherMilliseconds = 1000;
/** That one commit stores: a commit a second, whatever comes. */
const batchSize = 100;
/** That a process holds at once. */
const longestQueue = 1000;
/** That are explained in one turn: others wait no longer than for these. */
const explainedAtOnce = 8;
/** A principal that is refused again and again is told of by samples: so many at first, and then so many a second. */
const ofPrincipal = { burst: 20, perSecond: 2 } as const;
/** Its account, and all of those who do not say who they are, together: sessions and users are made as one likes. */
const ofAccount = { burst: 100, perSecond: 10 } as const;
const rememberedPrincipals = 4096;

/**
 * Takes note of refused requests and explains them behind their backs: the policies that were weighed are asked once
 * more, statement by statement, and what they said is kept for people who ask why. A flood of refusals costs one short
 * commit a second, and a bounded number of explanations; what is beyond that is counted, and told of by a metric.
 */
export class RefusalJournal implements RefusalWatch {
  readonly #context: JournalContext;
  readonly #store: RefusalStore;
  readonly #keepMilliseconds: number;
  readonly #shares = new RecentMap<string, Share>(rememberedPrincipals);
  #queue: Noted[] = [];
  /** Explained, and not stored yet. */
  #waiting: RefusalRecord[] = [];
  #gathering = false;
  #storing: Promise<void> = Promise.resolve();
  #dropped = 0;

  constructor(context: JournalContext, { keepMilliseconds }: { readonly keepMilliseconds: number }) {
    this.#context = context;
    this.#store = new RefusalStore(context.metadata);
    this.#keepMilliseconds = keepMilliseconds;
  }

  /** Refusals that nobody can be told of, since the process began. */
  get dropped(): number {
    return this.#dropped;
  }

  note(refused: RefusedRequest): void {
    const at = this.#context.clock.now();
    if (this.#queue.length + this.#waiting.length >= longestQueue || !this.#takeShare(refused, at)) {
      this.#dropped++;
      return;
    }
    this.#queue.push({ ...refused, at });
    this.#gather(gatherMilliseconds);
  }

  #takeShare({ access: { request } }: RefusedRequest, now: number): boolean {
    const own = this.#shareOf(shareName(request), now, ofPrincipal);
    const { principal } = request;
    const account = principal.kind === 'anonymous' ? 'anonymous' : `account ${principal.account.accountId}`;
    const all = this.#shareOf(account, now, ofAccount);
    if (own.left < 1 || all.left < 1) return false;
    own.left--;
    all.left--;
    return true;
  }

  #shareOf(name: string, now: number, { burst, perSecond }: typeof ofPrincipal | typeof ofAccount): Share {
    const known = this.#shares.get(name);
    if (known === undefined) {
      const fresh = { left: burst, filledAt: now };
      this.#shares.set(name, fresh);
      return fresh;
    }
    // A clock that was set back fills nothing.
    const elapsed = Math.max(0, now - known.filledAt);
    known.left = Math.min(burst, known.left + (elapsed / 1000) * perSecond);
    known.filledAt = now;
    return known;
  }

  #gather(milliseconds: number): void {
    if (this.#gathering) return;
    this.#gathering = true;
    void this.#context.clock.sleep(milliseconds).then(() => {
      this.#gathering = false;
      return this.#next();
    });
  }

  /** One batch; what is left waits for the next second. */
  #next(): Promise<void> {
    this.#storing = this.#storing.then(() => this.#storeSome());
    return this.#storing;
  }

  /** Resolves when all that was noted before is stored, or could not be. Never rejects. */
  async flush(): Promise<void> {
    for (let left = Number.POSITIVE_INFINITY; ; ) {
      await this.#next();
      const now = this.#queue.length + this.#waiting.length;
      if (now === 0 || now >= left) return;
      left = now;
    }
  }

  async #storeSome(): Promise<void> {
    const { clock, logger } = this.#context;
    const room = batchSize - this.#waiting.length;
    for (let i = 0; i < room && this.#queue.length > 0; i++) {
      if (i % explainedAtOnce === explainedAtOnce - 1) await clock.sleep(0);
      const noted = this.#queue.shift()!;
      try {
        this.#waiting.push(await recordOf(noted));
      } catch (error) {
        this.#dropped++;
        logger.warn({ err: error, requestId: noted.requestId }, 'a refusal could not be explained');
      }
    }
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting.slice(0, batchSize);
    try {
      await this.#store.keep(batch, this.#keepMilliseconds);
      this.#waiting = this.#waiting.slice(batch.length);
      if (this.#queue.length > 0) this.#gather(gatherMilliseconds);
    } catch (error) {
      logger.warn({ err: error }, 'refusals could not be stored; it will be tried again');
      this.#gather(gatherMilliseconds * 10);
    }
  }
}

/** Of those who do not say who they are each network is one. */
function shareName({ principal, conditions }: AccessRequest): string {
  if (principal.kind !== 'anonymous') return principal.accessKeyId;
  return `anonymous ${networkOf(conditions.values('aws:sourceip')?.[0] ?? '')}`;
}

/** That a record shows, in UTF-16 units: keys of objects may be long, and ARNs with them. */
const longestResource = 1200;
/** What an explanation may take in a record. */
const longestStatements = 16_384;

/** What is kept of a refused request. */
async function recordOf({ requestId, operation, access, at }: Noted): Promise<RefusalRecord> {
  const [first, ...others] = access.refusals;
  const { principal } = access.request;
  const { request, resourceAccountId, sides } = await access.whatWasWeighed(first!);
  const explained = explainSides(sides, request);
  const { accountId, name, accessKeyId } = whoIs(principal);
  return {
    requestId,
    at,
    operation,
    accountId,
    principal: name,
    accessKeyId,
    action: request.action,
    resource: shortened(request.resource),
    resourceAccountId,
    by: first!.verdict.by,
    conditions: askedOfIdentity(explained),
    statements: statementsOf(explained),
    ...(others.length === 0
      ? {}
      : {
          others: others.map(({ grant, verdict }) => ({
            action: grant.action,
            resource: shortened(arnOfResource(grant.resource)),
            by: verdict.by,
          })),
        }),
  };
}

function whoIs(principal: Principal) {
  if (principal.kind === 'anonymous') return { accountId: undefined, name: 'anonymous', accessKeyId: undefined };
  const { account, accessKeyId } = principal;
  return { accountId: account.accountId, name: arnOfPrincipal(principal), accessKeyId };
}

function shortened(resource: string): string {
  const whole = resource.toWellFormed();
  return whole.length > longestResource ? `${whole.slice(0, longestResource)}…` : whole;
}

/** What has least to do with the request goes first, where it is too much. */
function statementsOf(explained: readonly ExplainedSide[]): string {
  for (let shown = 12; ; shown = Math.floor(shown / 2)) {
    const text = JSON.stringify(
      explained.map((side) => ({
        ...side,
        statements: side.statements.slice(0, shown),
        omitted: side.omitted + Math.max(0, side.statements.length - shown),
      })),
    );
    if (text.length <= longestStatements || shown === 0) return text;
  }
}

function askedOfIdentity(explained: readonly ExplainedSide[]): RefusalRecord['conditions'] {
  const asked = new Map<string, readonly string[] | null>();
  for (const { kind, statements } of explained) {
    if (kind === 'resource') continue;
    for (const { conditions } of statements) {
      for (const { key, actual } of conditions) if (asked.size < 20) asked.set(key, actual ?? null);
    }
  }
  return [...asked];
}
