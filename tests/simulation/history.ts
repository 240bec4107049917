import { type Attempt, type Reply, type Step, unknown, type WriteId } from './attempt.ts';
import { describe, type NamedStep, type VersionListing } from './ledger.ts';
import type { Model, Outcome } from './model.ts';

/** What a search through the legal orders of a history came to. */
export type HistoryVerdict =
  | { readonly kind: 'legal'; readonly nodes: number }
  | { readonly kind: 'illegal'; readonly explanation: string }
  | { readonly kind: 'too wide' };

const nodeLimit = 30_000;

/**
 * Whether some order explains all answers about one thing: each call takes effect at one moment between its start and its
 * end, calls without an answer at any later moment or never. Wing and Gong's search, with a memo, and without branching
 * where a call changes nothing.
 */
export function checkOrder<State, Step extends NamedStep>(
  history: readonly Attempt<Step>[],
  model: Model<State, Step>,
): HistoryVerdict {
  const search = new OrderSearch(history, model);
  const found = search.run(0n, model.initial);
  if (found) return { kind: 'legal', nodes: search.nodes };
  if (search.nodes > nodeLimit) return { kind: 'too wide' };
  return { kind: 'illegal', explanation: search.explain() };
}

class OrderSearch<State, Step extends NamedStep> {
  nodes = 0;
  readonly #calls: readonly Attempt<Step>[];
  readonly #model: Model<State, Step>;
  readonly #seen = new Set<string>();
  #furthest: { done: bigint; count: number; state: State };

  constructor(history: readonly Attempt<Step>[], model: Model<State, Step>) {
    this.#calls = [...history].sort((a, b) => a.start - b.start);
    this.#model = model;
    this.#furthest = { done: 0n, count: -1, state: model.initial };
  }

  run(before: bigint, state: State): boolean {
    if (++this.nodes > nodeLimit) return false;
    const done = this.#takeHarmless(before, state);
    const candidates = this.#candidates(done);
    if (!candidates.some((at) => this.#calls[at]!.reply !== unknown) && this.#isComplete(done)) return true;
    const memo = `${done} ${this.#model.fingerprint(state)}`;
    if (this.#seen.has(memo)) return false;
    this.#seen.add(memo);
    this.#remember(done, state);
    for (const at of candidates) {
      const { step, reply } = this.#calls[at]!;
      for (const outcome of this.#outcomes(state, step)) {
        // What nobody answered may as well never happen, where it changes nothing.
        if (reply === unknown && outcome.next === state) continue;
        if (!isExplained(outcome.reply, reply)) continue;
        if (this.run(done | (1n << BigInt(at)), outcome.next)) return true;
      }
    }
    return false;
  }

  #outcomes(state: State, step: Step): readonly Outcome<State>[] {
    const outcome = this.#model.apply(state, step);
    return 'next' in outcome ? [outcome] : outcome;
  }

  /**
   * Calls that may come next, are answered rightly and would change nothing at any time: putting them first costs
   * nothing. (A delete that finds nothing is none of them: later it might have found something.)
   */
  #takeHarmless(before: bigint, state: State): bigint {
    let done = before;
    for (;;) {
      const harmless = this.#candidates(done).filter((at) => {
        const { step, reply } = this.#calls[at]!;
        if (reply === unknown || step.kind === 'delete') return false;
        const explaining = this.#outcomes(state, step).filter((outcome) => isExplained(outcome.reply, reply));
        return explaining.length > 0 && explaining.every(({ next }) => next === state);
      });
      if (harmless.length === 0) return done;
      for (const at of harmless) done |= 1n << BigInt(at);
    }
  }

  /** Those left that began before all others left had ended. */
  #candidates(done: bigint): number[] {
    const left: number[] = [];
    let firstEnd = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.#calls.length; at++) {
      if ((done >> BigInt(at)) & 1n) continue;
      const call = this.#calls[at]!;
      if (call.start > firstEnd) break;
      left.push(at);
      firstEnd = Math.min(firstEnd, call.end);
    }
    return left.filter((at) => this.#calls[at]!.start < firstEnd);
  }

  #isComplete(done: bigint): boolean {
    return this.#calls.every((call, at) => call.reply === unknown || (done >> BigInt(at)) & 1n);
  }

  #remember(done: bigint, state: State): void {
    let count = 0;
    for (let at = 0; at < this.#calls.length; at++) if ((done >> BigInt(at)) & 1n) count++;
    if (count > this.#furthest.count) this.#furthest = { done, count, state };
  }

  explain(): string {
    const { done, state } = this.#furthest;
    const lines = this.#calls.map((call, at) => {
      const mark = (done >> BigInt(at)) & 1n ? ' ' : '?';
      return `  ${mark} ${call.start}–${call.end} client ${call.client}: ${describe(call.step)} → ${call.reply}`;
    });
    return `no order explains these (? could not be placed; ${this.#model.describe(state)}):\n${lines.join('\n')}`;
  }
}

function isExplained(expected: Reply | readonly Reply[], reply: Reply): boolean {
  return reply === unknown || expected === reply || (typeof expected !== 'string' && expected.includes(reply));
}

/**
 * As in Elle: a conditional write names the write it replaced, so where a key has no other kind of write, and no bytes twice, two
 * successes with one predecessor show a lost update in one pass, however wide the history.
 */
export function checkChain(history: readonly Attempt[]): string | undefined {
  const replaced = new Map<string, WriteId>();
  const etags = history.flatMap(({ step }) => (step.kind === 'write' ? [step.etag] : []));
  const isChain = history.every(({ step }) => chainSteps.has(step.kind)) && new Set(etags).size === etags.length;
  if (!isChain) return undefined;
  for (const { step, reply } of history) {
    if (step.kind !== 'write') continue;
    const { ifMatch, ifNoneMatch } = step.condition;
    const predecessor = ifMatch ?? (ifNoneMatch ? 'nothing' : undefined);
    if (predecessor === undefined) return undefined;
    if (!reply.startsWith('ok')) continue;
    const other = replaced.get(predecessor);
    if (other) return `${other} and ${step.write} both replaced ${predecessor}: one update is lost`;
    replaced.set(predecessor, step.write);
  }
  return undefined;
}

const chainSteps: ReadonlySet<string> = new Set(['write', 'read', 'shown', 'versions', 'create-bucket', 'versioning']);

/** A listing of versions shows each version that was there all the time, and none that was gone all the time. */
export function checkVersionListing(history: readonly Attempt[], listing: VersionListing): string | undefined {
  for (const made of history) {
    const write = writeOf(made);
    if (write === undefined || !made.reply.startsWith('ok')) continue;
    const isShown = listing.writes.has(write);
    if (
      !isShown &&
      !listing.perhaps?.has(write) &&
      made.end < listing.start &&
      !mayBeGone(history, made, { write, end: listing.end })
    ) {
      return `a listing of versions from ${listing.start} to ${listing.end} misses ${write}, which was there from ${made.end} on`;
    }
    const removed = history.find(
      ({ step, reply, end }) => isRemoval(step) && step.version === write && reply === 'removed' && end < listing.start,
    );
    if (isShown && removed) return `a listing of versions shows ${write}, which was removed at ${removed.end}`;
  }
  return undefined;
}

/** Which version an attempt makes. */
function writeOf({ step }: Pick<Attempt, 'step'>): WriteId | undefined {
  if (step.kind === 'write') return step.write;
  return step.kind === 'complete' ? step.upload : undefined;
}

function mayBeGone(
  history: readonly Attempt[],
  made: Attempt,
  { write, end }: { write: WriteId; end: number },
): boolean {
  const isNull = made.reply === 'ok null';
  // A repeated completion is answered as the first one was, long after what it made is gone.
  const isOwn = ({ step }: Attempt) => writeOf({ step }) === write;
  const start = Math.min(...history.filter(isOwn).map((attempt) => attempt.start));
  return history.some((other) => {
    if (isOwn(other) || other.start > end || other.end < start) return false;
    if (isRemoval(other.step) && other.step.version === write) return true;
    return isNull && (isRemoval(other.step) || ['write', 'complete'].includes(other.step.kind));
  });
}

function isRemoval(step: Step): step is Extract<Step, { kind: 'delete' | 'expire' }> {
  return step.kind === 'delete' || step.kind === 'expire';
}
