import type { Reply, Step, StepCondition, StepPart, WriteId } from './attempt.ts';

interface ModelVersion {
  readonly write: WriteId;
  /** Undefined: a delete marker. */
  readonly etag: string | undefined;
  readonly isNull: boolean;
  /** What was said about it last. */
  readonly tag?: string;
  /** Nobody may remove it, nor put another null version in its place. */
  readonly isHeld?: boolean;
}

interface ModelUpload {
  readonly write: WriteId;
  readonly state: 'open' | 'aborted' | 'completed';
  readonly parts: ReadonlyMap<number, StepPart>;
  /** The parts that it was completed with. */
  readonly completedWith: string | undefined;
}

/** One key and what of its bucket concerns it. Never changed: each step makes another. */
export interface KeyState {
  readonly versioning: 'unversioned' | 'enabled' | 'suspended' | 'no bucket';
  /** Newest first. */
  readonly versions: readonly ModelVersion[];
  readonly uploads: ReadonlyMap<string, ModelUpload>;
  /** One of the bucket's settings. */
  readonly setting?: string | undefined;
}

const noBucket: KeyState = { versioning: 'no bucket', versions: [], uploads: new Map() };

/** What a step leads to. Where two moments may tell different things, any of several answers is right. */
export interface Outcome<State> {
  readonly next: State;
  readonly reply: Reply | readonly Reply[];
}

/** A promise that can be played through in one's head: what each step answers, and what is then. */
export interface Model<State, AnyStep> {
  readonly initial: State;
  apply(state: State, step: AnyStep): Outcome<State>;
  /** Equal for equal states. */
  fingerprint(state: State): string;
  /** For the reader of a failure. */
  describe(state: State): string;
}

/** Of one key of a bucket that does not exist at first. */
export function keyModel(limits: ModelLimits): Model<KeyState, Step> {
  return {
    initial: noBucket,
    apply: (state, step) => apply(state, step, limits),
    fingerprint,
    describe({ versioning, versions }) {
      const held = versions.map((v) => `${v.write}${v.isNull ? ' null' : ''}${v.etag ? '' : ' marker'}`);
      return `${versioning}, versions [${held.join(', ')}]`;
    },
  };
}

export interface ModelLimits {
  readonly minimumPartSize: number;
}

/** What S3's documentation says a step does, over a list of versions. */
function apply(state: KeyState, step: Step, limits: ModelLimits): Outcome<KeyState> {
  if (step.kind === 'create-bucket') {
    if (state.versioning !== 'no bucket') return { next: state, reply: 'BucketAlreadyOwnedByYou' };
    return { next: { ...state, versioning: 'unversioned' }, reply: 'ok' };
  }
  if (step.kind === 'bucket-shown') return { next: state, reply: state.versioning === 'no bucket' ? 'no' : 'yes' };
  if (state.versioning === 'no bucket') return { next: state, reply: withoutBucket(step) };
  switch (step.kind) {
    case 'delete-bucket':
      if (state.versions.length > 0) return { next: state, reply: 'BucketNotEmpty' };
      return { next: noBucket, reply: 'ok' };
    case 'versioning':
      return { next: { ...state, versioning: step.to }, reply: 'ok' };
    case 'read':
      return { next: state, reply: read(state, step.version) };
    case 'shown': {
      const current = currentOf(state);
      return { next: state, reply: current ? shown(current) : 'nothing' };
    }
    case 'versions':
      return { next: state, reply: state.versions.map(shown).join(', ') };
    case 'write': {
      const refusal = refuse(currentOf(state), step.condition);
      if (refusal) return { next: state, reply: refusal };
      return inserted(state, insert(state, step.write, step.etag), `ok ${idKind(state)}`);
    }
    case 'delete':
      return remove(state, step);
    case 'tag':
      return describe(state, step, { tag: step.tag });
    case 'hold':
      return describe(state, step, { isHeld: step.isHeld });
    case 'setting':
      return { next: { ...state, setting: step.to }, reply: 'ok' };
    case 'setting-shown':
      return { next: state, reply: settingShown(state.setting) };
    default:
      return applyToUpload(state, step, limits);
  }
}

/** Whoever found the bucket just before it went may still ask it for its uploads, which go with it. */
function withoutBucket(step: Step): readonly Reply[] {
  if (step.kind === 'upload-shown') return ['NoSuchBucket', 'no'];
  return 'upload' in step ? ['NoSuchBucket', 'NoSuchUpload'] : ['NoSuchBucket'];
}

type UploadStep = Extract<Step, { readonly upload: string }>;

function applyToUpload(state: KeyState, step: UploadStep, limits: ModelLimits): Outcome<KeyState> {
  if (step.kind === 'upload') {
    const upload: ModelUpload = { write: step.write, state: 'open', parts: new Map(), completedWith: undefined };
    return { next: withUpload(state, step.upload, upload), reply: 'ok' };
  }
  const upload = state.uploads.get(step.upload);
  if (step.kind === 'complete' && upload?.completedWith === namesOf(step.parts)) {
    return { next: state, reply: ['ok id', 'ok null'] };
  }
  if (step.kind === 'upload-shown') return { next: state, reply: upload?.state === 'open' ? 'yes' : 'no' };
  if (upload?.state !== 'open') return { next: state, reply: 'NoSuchUpload' };
  if (step.kind === 'parts') return { next: state, reply: pageOfParts(upload, step) };
  if (step.kind === 'abort') {
    return { next: withUpload(state, step.upload, { ...upload, state: 'aborted' }), reply: 'ok' };
  }
  if (step.kind === 'part') {
    const parts = new Map(upload.parts).set(step.part.number, step.part);
    return { next: withUpload(state, step.upload, { ...upload, parts }), reply: 'ok' };
  }
  const refusal = refuseParts(upload, step.parts, limits) ?? refuse(currentOf(state), step.condition);
  if (refusal) return { next: state, reply: refusal };
  const completed: ModelUpload = {
    ...upload,
    state: 'completed',
    parts: new Map(),
    completedWith: namesOf(step.parts),
  };
  const next = insert(withUpload(state, step.upload, completed), upload.write, step.etag);
  return inserted(state, next, `ok ${idKind(state)}`);
}

function pageOfParts({ parts }: ModelUpload, { after, limit }: Extract<Step, { kind: 'parts' }>): Reply {
  const rest = [...parts.values()].filter(({ number }) => number > after).sort((a, b) => a.number - b.number);
  return partsShown(rest.slice(0, limit), rest.length > limit);
}

/** A page of a listing of parts, in words. */
export function partsShown(parts: readonly StepPart[], isTruncated: boolean): Reply {
  return `${parts.map(({ number, etag, size }) => `${number} ${etag} ${size}`).join(', ')}${isTruncated ? ' …' : ''}`;
}

function refuseParts(upload: ModelUpload, parts: readonly StepPart[], limits: ModelLimits): Reply | undefined {
  if (parts.some(({ number, etag }) => upload.parts.get(number)?.etag !== etag)) return 'InvalidPart';
  return parts.slice(0, -1).some(({ size }) => size < limits.minimumPartSize) ? 'EntityTooSmall' : undefined;
}

function namesOf(parts: readonly StepPart[]): string {
  return parts.map(({ number, etag }) => `${number}:${etag}`).join();
}

function withUpload(state: KeyState, id: string, upload: ModelUpload): KeyState {
  return { ...state, uploads: new Map(state.uploads).set(id, upload) };
}

function remove(state: KeyState, step: Extract<Step, { kind: 'delete' }>): Outcome<KeyState> {
  if (step.version !== undefined) {
    const version = find(state, step.version);
    if (version?.isHeld) return { next: state, reply: 'ObjectLocked' };
    const versions = state.versions.filter((other) => other !== version);
    return {
      next: { ...state, versions },
      reply: version && version.etag === undefined ? 'removed marker' : 'removed',
    };
  }
  const current = currentOf(state);
  const [newest] = state.versions;
  const { ifMatch } = step.condition;
  // Whatever is demanded of what is not there, it is gone. A marker has no ETag that could be the one demanded.
  if (ifMatch !== undefined && !newest) return { next: state, reply: 'removed' };
  if (ifMatch !== undefined && newest?.etag !== ifMatch) return { next: state, reply: 'PreconditionFailed' };
  if (state.versioning !== 'unversioned') return inserted(state, insert(state, step.write, undefined), 'marker');
  if (current?.isHeld) return { next: state, reply: 'ObjectLocked' };
  return { next: { ...state, versions: state.versions.filter((version) => version !== current) }, reply: 'removed' };
}

/** Undefined where a version that is held would have to give way. */
function insert(state: KeyState, write: WriteId, etag: string | undefined): KeyState | undefined {
  const isNull = state.versioning !== 'enabled';
  if (isNull && state.versions.some((version) => version.isNull && version.isHeld)) return undefined;
  const kept = isNull ? state.versions.filter((version) => !version.isNull) : state.versions;
  return { ...state, versions: [{ write, etag, isNull }, ...kept] };
}

function inserted(state: KeyState, next: KeyState | undefined, reply: Reply): Outcome<KeyState> {
  return next ? { next, reply } : { next: state, reply: 'ObjectLocked' };
}

function refuse(current: ModelVersion | undefined, { ifMatch, ifNoneMatch }: StepCondition): Reply | undefined {
  if (ifMatch !== undefined && !current) return 'NoSuchKey';
  if (ifMatch !== undefined && current?.etag !== ifMatch) return 'PreconditionFailed';
  return ifNoneMatch && current ? 'PreconditionFailed' : undefined;
}

function read(state: KeyState, named: WriteId | 'null' | undefined): Reply {
  if (named === undefined) {
    const current = currentOf(state);
    return current ? `found ${shown(current)}` : 'NoSuchKey';
  }
  const version = find(state, named);
  if (!version) return 'NoSuchVersion';
  return version.etag === undefined ? 'VersionIsDeleteMarker' : `found ${shown(version)}`;
}

/** Says something about a version, which stays the one it is. */
function describe(
  state: KeyState,
  step: Extract<Step, { kind: 'tag' | 'hold' }>,
  said: Pick<ModelVersion, 'tag' | 'isHeld'>,
): Outcome<KeyState> {
  const version = step.version === undefined ? state.versions[0] : find(state, step.version);
  if (!version) return { next: state, reply: step.version === undefined ? 'NoSuchKey' : 'NoSuchVersion' };
  if (version.etag === undefined) return { next: state, reply: 'VersionIsDeleteMarker' };
  const versions = state.versions.map((other) => (other === version ? { ...version, ...said } : other));
  return { next: { ...state, versions }, reply: 'ok' };
}

/** A bucket's setting, in words. */
export function settingShown(setting: string | undefined): Reply {
  return setting === undefined ? 'no setting' : `setting ${setting}`;
}

/** What was said about a version, in words. */
export function saidOf({ tag, isHeld }: Pick<ModelVersion, 'tag' | 'isHeld'>): string {
  return `${tag === undefined ? '' : ` tagged ${tag}`}${isHeld ? ' held' : ''}`;
}

function find(state: KeyState, named: WriteId | 'null'): ModelVersion | undefined {
  return state.versions.find(({ write, isNull }) => (named === 'null' ? isNull : !isNull && write === named));
}

function currentOf({ versions: [newest] }: KeyState): ModelVersion | undefined {
  return newest?.etag === undefined ? undefined : newest;
}

function shown({ write, etag, isNull, ...said }: ModelVersion): string {
  if (etag === undefined) return `marker ${isNull ? 'null' : 'id'}`;
  return `${write} ${etag} ${isNull ? 'null' : 'id'}${saidOf(said)}`;
}

function idKind(state: KeyState): string {
  return state.versioning === 'enabled' ? 'id' : 'null';
}

function fingerprint(state: KeyState): string {
  const uploads = [...state.uploads].map(
    ([id, { state: now, parts, completedWith }]) => `${id}${now}${completedWith}${namesOf([...parts.values()])}`,
  );
  return `${state.versioning}|${state.setting}|${state.versions.map((v) => `${v.write}${shown(v)}`).join()}|${uploads.sort().join()}`;
}
