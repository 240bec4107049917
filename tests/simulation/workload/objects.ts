import { StorageError } from '../../../src/domain/errors.ts';
import { sourceOf } from '../../../src/foundation/bytes.ts';
import { versionIdOf } from '../../../src/records/version-record.ts';
import { ContentGoneError } from '../../../src/services/content/read-content.ts';
import type { OpenObject } from '../../../src/services/objects/object-service.ts';
import type { ClockReading, StepRetention, WriteId } from '../attempt.ts';
import type { Condition } from '../call-draws.ts';
import { partsInWords } from '../ledger.ts';
import type { Caller, Operations } from '../operation.ts';
import { bucketOf, conditionOf, descriptionOf, fail, headersOf, identify, namedVersion, written } from './answers.ts';

interface Put {
  readonly kind: 'put';
  readonly key: number;
  readonly size: number;
  readonly condition?: Condition | undefined;
}
interface Read {
  readonly kind: 'get' | 'head' | 'attributes';
  readonly key: number;
  readonly pick?: number | undefined;
}
interface Get extends Read {
  readonly kind: 'get';
  /** Milliseconds between two pieces. */
  readonly pause?: number | undefined;
}
interface Head extends Read {
  readonly kind: 'head';
}
interface Attributes extends Read {
  readonly kind: 'attributes';
}
interface Delete {
  readonly kind: 'delete';
  readonly key: number;
  readonly pick?: number | undefined;
  readonly condition?: 'if-match' | undefined;
  readonly bypass?: boolean | undefined;
}
interface Copy {
  readonly kind: 'copy';
  readonly from: number;
  readonly key: number;
  readonly condition?: Condition | undefined;
}

interface Tag {
  readonly kind: 'tag';
  readonly key: number;
  readonly pick?: number | undefined;
}

interface Hold {
  readonly kind: 'hold';
  readonly key: number;
  readonly pick?: number | undefined;
  readonly isHeld: boolean;
}

export type ObjectCall = Put | Get | Head | Attributes | Delete | Copy | Tag | Hold;

/** Whole objects: PutObject, GetObject, HeadObject, GetObjectAttributes, DeleteObject, CopyObject, PutObjectTagging, PutObjectLegalHold. */
export const objectOperations: Operations<ObjectCall> = {
  put: {
    weight: 100,
    draw: (draws) => ({ key: draws.key(), size: draws.size(), condition: draws.condition() }),
    perform: put,
  },
  get: {
    weight: 60,
    draw: (draws) => ({
      key: draws.key(),
      pick: draws.sometimes(0.4, () => draws.pick()),
      pause: draws.sometimes(0.5, () => draws.grace / 5),
    }),
    perform: get,
  },
  head: {
    weight: 10,
    draw: (draws) => ({ key: draws.key(), pick: draws.sometimes(0.4, () => draws.pick()) }),
    perform: head,
  },
  attributes: {
    weight: 10,
    draw: (draws) => ({ key: draws.key(), pick: draws.sometimes(0.4, () => draws.pick()) }),
    perform: readAttributes,
  },
  delete: {
    weight: 50,
    draw: (draws) => ({
      key: draws.key(),
      pick: draws.sometimes(0.5, () => draws.pick()),
      condition: draws.sometimes(0.2, () => 'if-match' as const),
      bypass: draws.sometimes(0.3, () => true),
    }),
    perform: remove,
  },
  copy: {
    weight: 40,
    draw: (draws) => ({ from: draws.key(), key: draws.key(), condition: draws.condition() }),
    perform: copy,
  },
  tag: {
    weight: 25,
    draw: (draws) => ({ key: draws.key(), pick: draws.sometimes(0.5, () => draws.pick()) }),
    perform: tag,
  },
  hold: {
    weight: 12,
    draw: (draws) => ({
      key: draws.key(),
      pick: draws.sometimes(0.5, () => draws.pick()),
      isHeld: draws.sometimes(0.4, () => true) ?? false,
    }),
    perform: hold,
  },
};

/** What is written, perhaps to be kept. */
export type Writing = Omit<Put, 'kind'> & { readonly retention?: StepRetention | undefined };

export async function put(caller: Caller, { key, size, condition, retention }: Writing): Promise<void> {
  const { client, services, ledger, plan } = caller;
  const write = ledger.newWrite(client);
  const { body, etag } = ledger.newBody(write, size);
  ledger.mayBecome(write, etag);
  const stepCondition = conditionOf(caller, key, condition);
  if (retention) ledger.askedEnds.add(retention.until);
  const clock = caller.watchClock();
  const step = { kind: 'write', write, etag, condition: stepCondition, retention, clock } as const;
  const attempt = ledger.begin(client, key, { step });
  try {
    const bucket = await bucketOf(caller, key);
    const staged = await services.objects.stage(sourceOf(body), []);
    const version = await services.objects.commit(staged, {
      bucket,
      key: plan.keys[key]!.key,
      ownerAccountId: caller.accountId,
      description: { ...descriptionOf(write), retention },
      conditions: headersOf(stepCondition),
      checksum: undefined,
    });
    ledger.seeRetention(write, version.retention);
    if (version.retention && !retention) caller.marks.hit('kept by default');
    written(caller, { key, write, etag }, { attempt, versionId: versionIdOf(version) });
    if (version.etag !== etag) ledger.violate(`${write} was stored as ${version.etag} and is ${etag}`);
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

/** The attempt of a read, and what it is to read. */
function beginRead(caller: Caller, { key, pick }: Read) {
  const { client, ledger, plan } = caller;
  const { versionId, version } = namedVersion(caller, key, pick);
  const attempt = ledger.begin(client, key, { step: { kind: 'read', version } });
  const target = async () => ({ bucket: await bucketOf(caller, key), key: plan.keys[key]!.key, versionId });
  return { attempt, target, isNamed: versionId !== undefined };
}

async function get(caller: Caller, call: Get): Promise<void> {
  const { client, services, ledger, marks } = caller;
  const { attempt, target, isNamed } = beginRead(caller, call);
  let opened: OpenObject | undefined;
  try {
    opened = await services.objects.open(await target());
    attempt.answer(`found ${identify(caller, call.key, opened.version)}`);
    if (isNamed) marks.hit('read of an old version');
    else ledger.see(client, call.key, opened.version.etag);
    await pour(caller, opened, call.pause ?? 0);
  } catch (error) {
    fail(caller, attempt, { error });
  } finally {
    // A lease that cannot be ended runs out.
    await opened?.content.close().catch(() => {});
  }
}

/** Half of the reads are of a range. */
async function pour(caller: Caller, { version, content }: OpenObject, pause: number): Promise<void> {
  const offset = version.size % 2 === 0 ? 0 : Math.floor(version.size / 3);
  const range = { offset, length: version.size - offset };
  const pieces: Buffer[] = [];
  await content.pour(range, async (piece) => {
    pieces.push(Buffer.from(piece));
    if (pause > 0) await caller.pause(pause);
  });
  const expected = caller.ledger.bodies.get(version.etag)?.subarray(offset);
  if (!expected?.equals(Buffer.concat(pieces))) {
    caller.ledger.violate(`the bytes of ${version.etag} are "${Buffer.concat(pieces)}" and not "${expected}"`);
  }
}

async function head(caller: Caller, call: Head): Promise<void> {
  const { attempt, target } = beginRead(caller, call);
  try {
    attempt.answer(`found ${identify(caller, call.key, await caller.services.objects.head(await target()))}`);
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

/** The parts that an object has are those that it was uploaded in, also where it is a copy. */
async function readAttributes(caller: Caller, call: Attributes): Promise<void> {
  const { services, ledger, marks } = caller;
  const { attempt, target } = beginRead(caller, call);
  try {
    const version = await services.objects.head(await target());
    attempt.answer(`found ${identify(caller, call.key, version)}`);
    const parts = await services.objects.parts(version);
    const known = ledger.partsOf.get(version.etag);
    const found = parts && partsInWords(parts.map(({ partNumber, size }) => ({ number: partNumber, size })));
    if (found === undefined ? known !== undefined : !known?.has(found)) {
      ledger.violate(`${version.etag} has the parts ${found} and not ${[...(known ?? [])].join(' or ')}`);
    }
    if (found !== undefined) marks.hit('parts of an object shown');
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

async function remove(caller: Caller, { key, pick, condition, bypass }: Delete): Promise<void> {
  const { client, services, ledger, plan } = caller;
  const write = ledger.newWrite(client);
  const { versionId, version } = namedVersion(caller, key, pick);
  const stepCondition = version === undefined ? conditionOf(caller, key, condition) : {};
  const clock = caller.watchClock();
  const step = { kind: 'delete', write, version, condition: stepCondition, bypass, clock } as const;
  const attempt = ledger.begin(client, key, { step });
  try {
    const bucket = await bucketOf(caller, key);
    const { ifMatch } = headersOf(stepCondition);
    const target = { key: plan.keys[key]!.key, versionId, conditions: { ifMatch }, mayBypassGovernance: bypass };
    const deletion = await services.objects.delete({ bucket, ownerAccountId: caller.accountId }, target);
    if (version === undefined) {
      attempt.answer(deletion.deleteMarker ? 'marker' : 'removed');
      if (deletion.versionId !== undefined) ledger.learnVersion(key, deletion.versionId, write);
      return;
    }
    attempt.answer(deletion.deleteMarker ? 'removed marker' : 'removed');
    markRemoval(caller, version, clock);
  } catch (error) {
    markRefusal(caller, version, error);
    fail(caller, attempt, { error });
  }
}

/** How a version came to be removable that was kept, as far as anybody knows. */
function markRemoval({ ledger, marks }: Caller, version: WriteId, clock: ClockReading): void {
  const retention = ledger.lastRetention.get(version);
  if (!retention) return;
  if (retention.until <= clock.low) marks.hit('removed after its retention');
  else if (retention.mode === 'GOVERNANCE' && retention.until > clock.high) marks.hit('governance bypassed');
}

function markRefusal({ ledger, marks }: Caller, version: WriteId | undefined, error: unknown): void {
  const retention = version === undefined ? undefined : ledger.lastRetention.get(version);
  if (!retention || !(error instanceof StorageError) || error.kind !== 'ObjectLocked') return;
  marks.hit(retention.mode === 'COMPLIANCE' ? 'kept by compliance' : 'kept by governance');
}

async function tag(caller: Caller, { key, pick }: Tag): Promise<void> {
  const { client, services, ledger, plan, marks } = caller;
  const { versionId, version } = namedVersion(caller, key, pick);
  const tagged = ledger.newWrite(client);
  const attempt = ledger.begin(client, key, { step: { kind: 'tag', version, tag: tagged } });
  try {
    const target = {
      bucket: await bucketOf(caller, key),
      key: plan.keys[key]!.key,
      versionId,
      aspect: 'tags' as const,
    };
    await services.objects.change(target, (found) => ({ ...found, tags: [['said', tagged]] }));
    attempt.answer('ok');
    if (versionId !== undefined) marks.hit('named version tagged');
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

async function hold(caller: Caller, { key, pick, isHeld }: Hold): Promise<void> {
  const { client, services, ledger, plan } = caller;
  const { versionId, version } = namedVersion(caller, key, pick);
  const attempt = ledger.begin(client, key, { step: { kind: 'hold', version, isHeld } });
  try {
    const bucket = await bucketOf(caller, key);
    const target = { bucket, key: plan.keys[key]!.key, versionId, aspect: 'legal-hold' as const };
    await services.objects.change(target, (found) => ({ ...found, legalHold: isHeld }));
    attempt.answer('ok');
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

/** As often as the S3 adapter reads a source again that was replaced under its copy; then it answers OperationAborted. */
const copyAttempts = 10;

/** Does what a copy does once, and again where its source was replaced meanwhile. */
export async function untilSourceStays({ marks }: Caller, once: () => Promise<'over' | 'source gone'>): Promise<void> {
  for (let tries = 1; tries <= copyAttempts; tries++) {
    if ((await once()) === 'over') return;
    marks.hit('copy tried again');
  }
  marks.hit('copy given up');
}

async function copy(caller: Caller, { from, key, condition }: Copy): Promise<void> {
  const { client, services, ledger, plan, marks } = caller;
  if (from === key) marks.hit('copy onto itself');
  const write = ledger.newWrite(client);
  const stepCondition = conditionOf(caller, key, condition);
  await untilSourceStays(caller, async () => {
    const source = await readSource(caller, from);
    if (!source) return 'over';
    const { etag } = source.version;
    ledger.mayBecome(write, etag);
    const step = { kind: 'write', write, etag, condition: stepCondition, clock: caller.watchClock() } as const;
    const attempt = ledger.begin(client, key, { step });
    try {
      const version = await services.objects.copy({
        source,
        bucket: await bucketOf(caller, key),
        key: plan.keys[key]!.key,
        ownerAccountId: caller.accountId,
        description: descriptionOf(write),
        conditions: headersOf(stepCondition),
        checksumAlgorithm: undefined,
      });
      written(caller, { key, write, etag }, { attempt, versionId: versionIdOf(version) });
    } catch (error) {
      if (!(error instanceof ContentGoneError)) fail(caller, attempt, { error });
      else {
        attempt.withdraw();
        return 'source gone';
      }
    }
    return 'over';
  });
}

/** What is to be copied, as it is now; undefined where there is nothing. */
export async function readSource(caller: Caller, from: number) {
  const { attempt, target } = beginRead(caller, { kind: 'head', key: from });
  try {
    const { bucket, key, versionId } = await target();
    const version = await caller.services.objects.head({ bucket, key, versionId });
    attempt.answer(`found ${identify(caller, from, version)}`);
    return { bucket, key, version };
  } catch (error) {
    fail(caller, attempt, { error });
    return undefined;
  }
}
