import type { Reply, StepDefaultRetention, StepPart, StepRetention, WriteId } from './attempt.ts';
import type { Outcome } from './model.ts';

export interface ModelVersion {
  readonly write: WriteId;
  /** Undefined: a delete marker. */
  readonly etag: string | undefined;
  readonly isNull: boolean;
  /** What was said about it last. */
  readonly tag?: string;
  /** Nobody may remove it, nor put another null version in its place. */
  readonly isHeld?: boolean;
  readonly retention?: StepRetention | undefined;
}

export interface ModelUpload {
  readonly write: WriteId;
  readonly state: 'open' | 'aborted' | 'completed';
  readonly parts: ReadonlyMap<number, StepPart>;
  /** The parts that it was completed with. */
  readonly completedWith: string | undefined;
  /** When, at the earliest, by the clock of whoever completed it. */
  readonly completedAt?: number;
}

/** One key and what of its bucket concerns it. Never changed: each step makes another. */
export interface KeyState {
  readonly versioning: 'unversioned' | 'enabled' | 'suspended' | 'no bucket';
  /** Newest first. */
  readonly versions: readonly ModelVersion[];
  readonly uploads: ReadonlyMap<string, ModelUpload>;
  /** One of the bucket's settings. */
  readonly setting?: string | undefined;
  /** Undefined: no object lock. */
  readonly lock?: { readonly byDefault: StepDefaultRetention | undefined } | undefined;
  /** How late it certainly was when the default retention that is in force was last counted from, in milliseconds. */
  readonly lockClock?: number | undefined;
  /** Whether changes of the key are told just now. */
  readonly isTold?: boolean;
  /** How many of the changes that were told have happened. */
  readonly told: number;
}

export const noBucket: KeyState = { versioning: 'no bucket', versions: [], uploads: new Map(), told: 0 };

export interface ModelLimits {
  readonly minimumPartSize: number;
  /** What was told of the key, in the order in which it was told first. */
  readonly told: readonly ToldChange[];
  /** Until when a write's version is kept that the default retention of its bucket keeps, as it was first seen. */
  readonly keptUntil: ReadonlyMap<WriteId, number>;
  /** What no clock has ever been ahead of, in milliseconds since the epoch. */
  readonly latest: number;
}

/** A change as an event tells of it. */
export interface ToldChange {
  readonly kind: 'created' | 'marked' | 'removed' | 'tagged';
  /** Undefined: one that nobody knows by its id. */
  readonly version: WriteId | 'null' | undefined;
  /** Of what was created. */
  readonly etag: string | undefined;
}

export type Outcomes = Outcome<KeyState> | readonly Outcome<KeyState>[];

export function find(state: KeyState, named: WriteId | 'null'): ModelVersion | undefined {
  return state.versions.find(({ write, isNull }) => (named === 'null' ? isNull : !isNull && write === named));
}

export function currentOf({ versions: [newest] }: KeyState): ModelVersion | undefined {
  return newest?.etag === undefined ? undefined : newest;
}

export function nameOf({ write, isNull }: ModelVersion): WriteId | 'null' {
  return isNull ? 'null' : write;
}

export function idKind(state: KeyState): string {
  return state.versioning === 'enabled' ? 'id' : 'null';
}

export function shown({ write, etag, isNull, ...said }: ModelVersion): string {
  if (etag === undefined) return `marker ${isNull ? 'null' : 'id'}`;
  return `${write} ${etag} ${isNull ? 'null' : 'id'}${saidOf(said)}`;
}

/** What was said about a version, in words. */
export function saidOf({ tag, isHeld, retention }: Pick<ModelVersion, 'tag' | 'isHeld' | 'retention'>): string {
  const kept = retention ? ` kept by ${retention.mode} until ${retention.until}` : '';
  return `${tag === undefined ? '' : ` tagged ${tag}`}${isHeld ? ' held' : ''}${kept}`;
}

/** A bucket's setting, in words. */
export function settingShown(setting: string | undefined): Reply {
  return setting === undefined ? 'no setting' : `setting ${setting}`;
}

/** What a list of objects has of a key, in words. */
export function inventoried(current: { readonly etag: string | undefined } | undefined): Reply {
  return current?.etag === undefined ? 'nothing' : `listed ${current.etag}`;
}

/** A page of a listing of parts, in words. */
export function partsShown(parts: readonly StepPart[], isTruncated: boolean): Reply {
  return `${parts.map(({ number, etag, size }) => `${number} ${etag} ${size}`).join(', ')}${isTruncated ? ' …' : ''}`;
}

export function namesOf(parts: readonly StepPart[]): string {
  return parts.map(({ number, etag }) => `${number}:${etag}`).join();
}

export function fingerprint(state: KeyState): string {
  const uploads = [...state.uploads].map(
    ([id, { state: now, parts, completedWith, completedAt }]) =>
      `${id}${now}${completedWith}${completedAt}${namesOf([...parts.values()])}`,
  );
  const lock = state.lock && `${state.lock.byDefault?.mode} ${state.lock.byDefault?.days} ${state.lockClock}`;
  const { isTold, told } = state;
  return `${state.versioning}|${state.setting}|${lock}|${isTold}|${told}|${state.versions.map((v) => `${v.write}${shown(v)}`).join()}|${uploads.sort().join()}`;
}
