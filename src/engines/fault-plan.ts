/** Every call of a port at which a fault can be put. */
export type CallName =
  | 'metadata.get'
  | 'metadata.range'
  | 'metadata.snapshot'
  | 'metadata.transact'
  | 'snapshot.get'
  | 'snapshot.range'
  | 'transaction.get'
  | 'transaction.getMany'
  | 'transaction.range'
  | 'blobs.create'
  | 'blobs.write'
  | 'blobs.commit'
  | 'blobs.abort'
  | 'blobs.open'
  | 'blobs.pour'
  | 'blobs.delete'
  | 'blobs.scan';

/**
 * What goes wrong: an error before the effect; one after it, so that what happened is reported as failed; a stream that
 * breaks off in the middle; a stored byte that has changed; a full medium; a conflict, so that a body runs again.
 */
export type FaultKind = 'before' | 'after' | 'cut' | 'flip' | 'full' | 'conflict';

export interface Fault {
  /** At which call: the nth, from 1 on, of those at which this kind can happen, or the first of the name. */
  readonly call: number | CallName;
  readonly kind: FaultKind;
  /** At that call alone, or at it and all later ones that match, until the plan is healed. */
  readonly lasts: 'once' | 'until healed';
}

/** What a wrapper throws where the plan has an error. */
export class InjectedFault extends Error {
  readonly call: CallName;
  readonly kind: FaultKind;
  constructor(call: CallName, kind: FaultKind) {
    super(`${call} fails (${kind}), as planned`);
    this.name = 'InjectedFault';
    this.call = call;
    this.kind = kind;
  }
}

interface ArmedFault extends Fault {
  met: number;
  fired: number;
}

/**
 * Decides for each call of the wrapped engines, in order, whether it fails and how. Raising `call` from 1 until `fired`
 * stays zero visits every call of an operation.
 */
export class FaultPlan {
  readonly #faults: readonly ArmedFault[];
  readonly #calls: CallName[] = [];
  #healed = false;

  constructor(faults: readonly Fault[] = []) {
    this.#faults = faults.map((fault) => ({ ...fault, met: 0, fired: 0 }));
  }

  /** All calls so far. */
  get calls(): readonly CallName[] {
    return this.#calls;
  }

  /** How many faults have happened. */
  get fired(): number {
    return this.#faults.reduce((sum, { fired }) => sum + fired, 0);
  }

  /** From now on nothing fails. */
  heal(): void {
    this.#healed = true;
  }

  /** Notes a call and tells which of the kinds that can happen there does, if any. */
  meet(call: CallName, ...possible: readonly FaultKind[]): FaultKind | undefined {
    this.#calls.push(call);
    let kind: FaultKind | undefined;
    for (const fault of this.#faults) {
      // Every fault counts on, also where another has already been chosen.
      if (!possible.includes(fault.kind) || (typeof fault.call === 'string' && fault.call !== call)) continue;
      fault.met++;
      const due = typeof fault.call === 'string' ? 1 : fault.call;
      if (this.#healed || kind || !(fault.lasts === 'once' ? fault.met === due : fault.met >= due)) continue;
      fault.fired++;
      kind = fault.kind;
    }
    return kind;
  }
}
