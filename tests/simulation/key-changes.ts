import type {
  ClockReading,
  Reply,
  Step,
  StepCondition,
  StepDefaultRetention,
  StepRetention,
  WriteId,
} from './attempt.ts';
import {
  currentOf,
  find,
  idKind,
  type KeyState,
  type ModelLimits,
  type ModelVersion,
  nameOf,
  type Outcomes,
  type ToldChange,
} from './key-state.ts';
import type { Outcome } from './model.ts';

export function write(state: KeyState, step: Extract<Step, { kind: 'write' }>, limits: ModelLimits): Outcomes {
  const { retention, clock } = step;
  const outcomes: Outcome<KeyState>[] = [];
  if (retention && !state.lock) return { next: state, reply: 'InvalidRequest' };
  if (retention && retention.until <= clock.high) outcomes.push({ next: state, reply: 'InvalidArgument' });
  if (retention && retention.until <= clock.low) return outcomes;
  const refusal = refuse(currentOf(state), step.condition);
  if (refusal) return [...outcomes, { next: state, reply: refusal }];
  return [...outcomes, ...insert(state, { ...step, reply: `ok ${idKind(state)}` }, limits)];
}

export function remove(state: KeyState, step: Extract<Step, { kind: 'delete' }>, limits: ModelLimits): Outcomes {
  const { clock, bypass } = step;
  if (step.version !== undefined) {
    const version = find(state, step.version);
    if (!version) return { next: state, reply: 'removed' };
    const reply = version.etag === undefined ? 'removed marker' : 'removed';
    return removeUnlessLocked(state, version, { clock, bypass, reply, limits });
  }
  const current = currentOf(state);
  const [newest] = state.versions;
  const { ifMatch } = step.condition;
  // Whatever is demanded of what is not there, it is gone. A marker has no ETag that could be the one demanded.
  if (ifMatch !== undefined && !newest) return { next: state, reply: 'removed' };
  if (ifMatch !== undefined && newest?.etag !== ifMatch) return { next: state, reply: 'PreconditionFailed' };
  if (state.versioning !== 'unversioned')
    return insert(state, { write: step.write, etag: undefined, clock, reply: 'marker' }, limits);
  if (!current) return { next: state, reply: 'removed' };
  return removeUnlessLocked(state, current, { clock, reply: 'removed', limits });
}

interface Removal {
  readonly clock: ClockReading;
  readonly bypass?: boolean | undefined;
  readonly reply: Reply;
  /** Undefined: nobody is told. */
  readonly limits: ModelLimits | undefined;
}

function removeUnlessLocked(
  state: KeyState,
  version: ModelVersion,
  { clock, bypass = false, reply, limits }: Removal,
): Outcome<KeyState>[] {
  const locked = whetherLocked(version, clock, bypass);
  const outcomes: Outcome<KeyState>[] = [];
  if (locked !== 'no') outcomes.push({ next: state, reply: 'ObjectLocked' });
  if (locked === 'yes') return outcomes;
  const without = { ...state, versions: state.versions.filter((other) => other !== version) };
  const next = limits ? tell(without, { kind: 'removed', version: nameOf(version) }, limits) : without;
  return next ? [...outcomes, { next, reply }] : outcomes;
}

/** Whether nobody may remove the version, nor put another null version in its place. `perhaps`: it is a matter of milliseconds. */
function whetherLocked(
  { isHeld, retention }: ModelVersion,
  clock: ClockReading,
  bypass = false,
): 'yes' | 'no' | 'perhaps' {
  if (isHeld) return 'yes';
  if (!retention || (bypass && retention.mode === 'GOVERNANCE')) return 'no';
  return whetherBinding(retention, clock);
}

function whetherBinding({ until }: StepRetention, { low, high }: ClockReading): 'yes' | 'no' | 'perhaps' {
  if (until <= low) return 'no';
  return until > high ? 'yes' : 'perhaps';
}

interface NewVersion {
  readonly write: WriteId;
  /** Undefined: a delete marker. */
  readonly etag: string | undefined;
  readonly retention?: StepRetention | undefined;
  readonly clock: ClockReading;
  readonly reply: Reply;
  /** By a worker: nobody is told. */
  readonly isQuiet?: boolean;
}

/** Not where a version that is locked would have to give way. */
export function insert(
  state: KeyState,
  { write, etag, retention, clock, reply, isQuiet = false }: NewVersion,
  limits: ModelLimits | undefined,
): Outcome<KeyState>[] {
  const isNull = state.versioning !== 'enabled';
  const old = isNull ? state.versions.find((version) => version.isNull) : undefined;
  const locked = old ? whetherLocked(old, clock) : 'no';
  const outcomes: Outcome<KeyState>[] = locked === 'no' ? [] : [{ next: state, reply: 'ObjectLocked' }];
  if (locked === 'yes') return outcomes;
  const made: ModelVersion = { write, etag, isNull, retention };
  const next = { ...state, versions: [made, ...state.versions.filter((version) => version !== old)] };
  const kept = etag !== undefined && !retention && limits ? keepByDefault(next, made, { clock, limits }) : next;
  const version = isNull ? 'null' : write;
  const told =
    kept && limits && !isQuiet
      ? tell(kept, { kind: etag === undefined ? 'marked' : 'created', version, etag }, limits)
      : kept;
  return told ? [...outcomes, { next: told, reply }] : outcomes;
}

const day = 86_400_000;
/** How much a clock may be set back without being noticed. */
const clockStep = 60_000;

/** As the bucket's default retention keeps the newest version. Undefined where it was seen to be kept otherwise. */
function keepByDefault(
  state: KeyState,
  made: ModelVersion,
  { clock, limits }: { readonly clock: ClockReading; readonly limits: ModelLimits },
): KeyState | undefined {
  const byDefault = state.lock?.byDefault;
  if (!byDefault) return limits.keptUntil.has(made.write) ? undefined : state;
  const period = byDefault.days * day;
  // What nobody has ever seen is kept until nobody knows when.
  const until = limits.keptUntil.get(made.write) ?? Number.NaN;
  const earliest = Math.max(clock.low, (state.lockClock ?? 0) - clockStep);
  if (until < earliest + period || until > limits.latest + period) return undefined;
  const [newest, ...others] = state.versions;
  return {
    ...state,
    versions: [{ ...newest!, retention: { mode: byDefault.mode, until } }, ...others],
    lockClock: Number.isNaN(until) ? state.lockClock : Math.max(state.lockClock ?? 0, until - period),
  };
}

export function lockBucket(state: KeyState, byDefault: StepDefaultRetention | undefined): Outcome<KeyState> {
  if (state.versioning !== 'enabled') return { next: state, reply: 'InvalidBucketState' };
  const before = state.lock?.byDefault;
  const isSame = before?.mode === byDefault?.mode && before?.days === byDefault?.days;
  return { next: { ...state, lock: { byDefault }, lockClock: isSame ? state.lockClock : undefined }, reply: 'ok' };
}

/** Whoever keeps a version longer may; otherwise it takes the bypass, which is of no use against COMPLIANCE. */
export function retain(state: KeyState, step: Extract<Step, { kind: 'retain' }>): Outcomes {
  const { to, bypass, clock } = step;
  const changed = describe(state, step, { said: { retention: to } });
  const found = step.version === undefined ? currentOf(state) : find(state, step.version);
  const stored = found?.retention;
  if (!stored || (stored.mode === 'GOVERNANCE' && bypass)) return changed;
  const binding = whetherBinding(stored, clock);
  // What nobody knows the end of may have been kept longer or not.
  if (to?.mode === stored.mode && to.until >= stored.until) return changed;
  const refused = { next: state, reply: 'ObjectLocked' };
  if (binding === 'no') return changed;
  return binding === 'yes' ? refused : [refused, ...('next' in changed ? [changed] : changed)];
}

/** A lifecycle rule ends what nobody keeps. That it does nothing is right at any time. */
export function expire(state: KeyState, { write, version: name, clock }: Extract<Step, { kind: 'expire' }>): Outcomes {
  const nothing = { next: state, reply: 'nothing' };
  const version = find(state, name);
  if (!version) return nothing;
  const isNewest = version === state.versions[0];
  if (isNewest && version.etag !== undefined && state.versioning !== 'unversioned') {
    return [nothing, ...insert(state, { write, etag: undefined, clock, reply: 'marked', isQuiet: true }, undefined)];
  }
  // A marker that is the newest goes where it is alone.
  if (isNewest && version.etag === undefined && state.versions.length > 1) return nothing;
  return [nothing, ...removeUnlessLocked(state, version, { clock, reply: 'removed', limits: undefined })];
}

/** The change, if it is the next that was told or none is told now; otherwise it cannot have happened here. */
function tell(
  state: KeyState,
  change: Omit<ToldChange, 'etag'> & Partial<ToldChange>,
  { told }: ModelLimits,
): KeyState | undefined {
  if (!state.isTold) return state;
  const next = told[state.told];
  const isNext =
    next?.kind === change.kind &&
    next.etag === change.etag &&
    (next.version === undefined ? change.version !== 'null' : next.version === change.version);
  return isNext ? { ...state, told: state.told + 1 } : undefined;
}

/** Says something about a version, which stays the one it is. */
export function describe(
  state: KeyState,
  step: Extract<Step, { kind: 'tag' | 'hold' | 'retain' }>,
  { said, toldTo }: { said: Pick<ModelVersion, 'tag' | 'isHeld' | 'retention'>; toldTo?: ModelLimits },
): Outcomes {
  const version = step.version === undefined ? state.versions[0] : find(state, step.version);
  if (!version) return { next: state, reply: step.version === undefined ? 'NoSuchKey' : 'NoSuchVersion' };
  if (version.etag === undefined) return { next: state, reply: 'VersionIsDeleteMarker' };
  const versions = state.versions.map((other) => (other === version ? { ...version, ...said } : other));
  const next = { ...state, versions };
  const after = toldTo ? tell(next, { kind: 'tagged', version: nameOf(version) }, toldTo) : next;
  return after ? { next: after, reply: 'ok' } : [];
}

export function refuse(current: ModelVersion | undefined, { ifMatch, ifNoneMatch }: StepCondition): Reply | undefined {
  if (ifMatch !== undefined && !current) return 'NoSuchKey';
  if (ifMatch !== undefined && current?.etag !== ifMatch) return 'PreconditionFailed';
  return ifNoneMatch && current ? 'PreconditionFailed' : undefined;
}
