import type { Reply, Step, StepPart, WriteId } from './attempt.ts';
import { describe, expire, insert, lockBucket, refuse, remove, retain, write } from './key-changes.ts';
import {
  currentOf,
  find,
  fingerprint,
  idKind,
  inventoried,
  type KeyState,
  type ModelLimits,
  type ModelUpload,
  namesOf,
  noBucket,
  type Outcomes,
  partsShown,
  settingShown,
  shown,
} from './key-state.ts';
import type { Model } from './model.ts';

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

/** What S3's documentation says a step does, over a list of versions. */
function apply(state: KeyState, step: Step, limits: ModelLimits): Outcomes {
  if (step.kind === 'told') return { next: state, reply: String(state.told) };
  if (step.kind === 'inventoried') return { next: state, reply: inventoried(currentOf(state)) };
  if (step.kind === 'create-bucket') {
    if (state.versioning !== 'no bucket') return { next: state, reply: 'BucketAlreadyOwnedByYou' };
    return { next: { ...state, versioning: 'unversioned' }, reply: 'ok' };
  }
  if (step.kind === 'bucket-shown') return { next: state, reply: state.versioning === 'no bucket' ? 'no' : 'yes' };
  if (state.versioning === 'no bucket') return { next: state, reply: withoutBucket(step) };
  switch (step.kind) {
    case 'delete-bucket':
      if (state.versions.length > 0) return { next: state, reply: 'BucketNotEmpty' };
      return { next: { ...noBucket, told: state.told }, reply: 'ok' };
    case 'versioning':
      if (state.lock && step.to !== 'enabled') return { next: state, reply: 'InvalidBucketState' };
      return { next: { ...state, versioning: step.to }, reply: 'ok' };
    case 'lock':
      return lockBucket(state, step.to);
    case 'read':
      return { next: state, reply: read(state, step.version) };
    case 'shown': {
      const current = currentOf(state);
      return { next: state, reply: current ? shown(current) : 'nothing' };
    }
    case 'versions':
      return { next: state, reply: state.versions.map(shown).join(', ') };
    case 'write':
      return write(state, step, limits);
    case 'delete':
      return remove(state, step, limits);
    case 'expire':
      return expire(state, step);
    case 'tag':
      return describe(state, step, { said: { tag: step.tag }, toldTo: limits });
    case 'hold':
      return describe(state, step, { said: { isHeld: step.isHeld } });
    case 'retain':
      return retain(state, step);
    case 'notify':
      return { next: { ...state, isTold: step.isTold }, reply: 'ok' };
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

/** For so long a repeated Complete gets the first one's answer, if no clock is further ahead of that of the first. */
const rememberedMilliseconds = 24 * 3_600_000;

type UploadStep = Extract<Step, { readonly upload: string }>;

function applyToUpload(state: KeyState, step: UploadStep, limits: ModelLimits): Outcomes {
  if (step.kind === 'upload') {
    const upload: ModelUpload = { write: step.write, state: 'open', parts: new Map(), completedWith: undefined };
    return { next: withUpload(state, step.upload, upload), reply: 'ok' };
  }
  const upload = state.uploads.get(step.upload);
  if (step.kind === 'complete' && upload?.completedWith === namesOf(step.parts)) {
    const isForgotten = limits.latest - (upload.completedAt ?? 0) >= rememberedMilliseconds;
    return { next: state, reply: ['ok id', 'ok null', ...(isForgotten ? (['NoSuchUpload'] as const) : [])] };
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
    completedAt: step.clock.low,
  };
  const { etag, clock } = step;
  const inserted = insert(
    withUpload(state, step.upload, completed),
    { write: upload.write, etag, clock, reply: `ok ${idKind(state)}` },
    limits,
  );
  return inserted.map((outcome) => (outcome.reply === 'ObjectLocked' ? { ...outcome, next: state } : outcome));
}

function pageOfParts({ parts }: ModelUpload, { after, limit }: Extract<Step, { kind: 'parts' }>): Reply {
  const rest = [...parts.values()].filter(({ number }) => number > after).sort((a, b) => a.number - b.number);
  return partsShown(rest.slice(0, limit), rest.length > limit);
}

function refuseParts(upload: ModelUpload, parts: readonly StepPart[], limits: ModelLimits): Reply | undefined {
  if (parts.some(({ number, etag }) => upload.parts.get(number)?.etag !== etag)) return 'InvalidPart';
  return parts.slice(0, -1).some(({ size }) => size < limits.minimumPartSize) ? 'EntityTooSmall' : undefined;
}

function withUpload(state: KeyState, id: string, upload: ModelUpload): KeyState {
  return { ...state, uploads: new Map(state.uploads).set(id, upload) };
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
