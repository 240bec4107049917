import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import {
  type S3Answer,
  S3Connection,
  type S3Request,
  UnansweredError,
} from '../../src/cli/crash-test/s3-connection.ts';
import { faultyBlobEngine } from '../../src/engines/blobs/faulty/faulty-blob-engine.ts';
import { type CallName, type FaultKind, FaultPlan } from '../../src/engines/fault-plan.ts';
import { faultyMetadataEngine } from '../../src/engines/metadata/faulty/faulty-metadata-engine.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { readErrorAnswer } from '../hostile/error-answer.ts';
import { inlineBytes, MemoryStore } from '../memory-store.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { observe } from './observe.ts';
import { untilNoFaultFires } from './until-no-fault-fires.ts';

/** One request, of which every call to an engine is to fail once, its signature's and its permission's too. */
export interface WireScenario<Prepared> {
  readonly name: string;
  /** The kinds of fault that it can meet. Each must fire at least once. */
  readonly kinds: readonly FaultKind[];
  /** What there is before. The store's account is the one that signs. */
  prepare(store: MemoryStore): Promise<Prepared>;
  request(prepared: Prepared): S3Request;
  /** Fails unless a success is right. */
  check(answer: S3Answer, prepared: Prepared): void;
  /** What may be left half-way: the request as several that were done or not. */
  readonly parts?: readonly ((prepared: Prepared) => S3Request)[];
  /** The codes that a client may hear that repeats a request which took effect, although it was told otherwise. */
  readonly repeated?: readonly string[];
  /** A request repeated after it took effect adds something. */
  readonly adds?: boolean;
}

const limit = 60;

/** One test for each kind of fault, once and lasting. */
export function visitWire<Prepared>(scenario: WireScenario<Prepared>): void {
  describe(`over the wire: ${scenario.name}`, () => {
    for (const kind of scenario.kinds) {
      for (const lasts of ['once', 'until healed'] as const) {
        test(`${kind}, ${lasts}`, async () => {
          const states = await statesOf(scenario);
          const series = { kind, lasts, limit };
          const { rounds } = await untilNoFaultFires(series, (plan) => playRound(scenario, plan, { kind, states }));
          assert.ok(rounds > 0, 'the request met the fault');
        });
      }
    }
  });
}

/** Nothing fails but what the plan has that was armed last. */
class ArmedPlan extends FaultPlan {
  armed = new FaultPlan();

  override meet(call: CallName, ...possible: readonly FaultKind[]): FaultKind | undefined {
    return this.armed.meet(call, ...possible);
  }
}

/** A whole S3 server over a store in memory, whose engines fail once they are told to. */
class WiredStore implements AsyncDisposable {
  readonly store: MemoryStore;
  readonly server: TestServer;
  readonly plan: ArmedPlan;

  private constructor(store: MemoryStore, server: TestServer, plan: ArmedPlan) {
    this.store = store;
    this.server = server;
    this.plan = plan;
  }

  static async open(): Promise<WiredStore> {
    const store = new MemoryStore();
    // The two share a store, and so must agree on the time.
    store.clock.pass(systemClock.now() - store.clock.now());
    const plan = new ArmedPlan();
    const engines = {
      metadata: faultyMetadataEngine(store.metadata, plan),
      blobs: faultyBlobEngine(store.blobs, plan),
    };
    const server = await startS3Server({ engines, inlineBytes });
    store.accountId = (await store.identity.resolveAccount('root')).accountId;
    return new WiredStore(store, server, plan);
  }

  /** Each request has a connection of its own. */
  async send(request: S3Request): Promise<S3Answer> {
    const { accessKeyId: accessKey, secretAccessKey: secretKey } = this.server.root;
    const account = { url: this.server.url, accessKey, secretKey, region: 'us-east-1' };
    const connection = new S3Connection(account, systemClock);
    try {
      return await connection.send(request);
    } finally {
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

/** What clients may see after the request, where nothing fails: everything as before, the parts done, all done. */
async function statesOf<Prepared>({ prepare, request, check, parts = [] }: WireScenario<Prepared>): Promise<unknown[]> {
  const states: unknown[] = [];
  for (let done = 0; done < 2 ** parts.length; done++) {
    await using wired = await WiredStore.open();
    const prepared = await prepare(wired.store);
    for (const [i, part] of parts.entries())
      if (done & (2 ** i)) assert.ok((await wired.send(part(prepared))).status < 300);
    states.push(await observe(wired.store));
  }
  await using wired = await WiredStore.open();
  const prepared = await prepare(wired.store);
  check(succeeded(await wired.send(request(prepared))), prepared);
  assert.deepEqual(wired.server.errors, []);
  return [...states, await observe(wired.store)];
}

async function playRound<Prepared>(
  scenario: WireScenario<Prepared>,
  plan: FaultPlan,
  { kind, states }: { kind: FaultKind; states: readonly unknown[] },
): Promise<void> {
  await using wired = await WiredStore.open();
  const { store, server } = wired;
  const prepared = await scenario.prepare(store);
  wired.plan.armed = plan;
  const request = scenario.request(prepared);
  const answer = await wired.send(request).catch(cutOff);
  plan.heal();
  const seen = await observe(store);
  if (answer !== 'cut off' && answer.status < 300) {
    scenario.check(answer, prepared);
    assert.deepEqual(seen, states.at(-1), 'a success that was none');
  } else {
    assert.ok(plan.fired > 0, 'it failed without a fault');
    if (answer === 'cut off') assert.equal(plan.calls.at(-1)?.startsWith('blobs.'), true, 'only bytes are cut off');
    else assertRefusal(request, answer, kind);
    assert.ok(server.errors.length > 0, 'the operator hears of it');
    assert.ok(
      states.some((state) => isDeepStrictEqual(state, seen)),
      `half done: ${JSON.stringify(seen)}`,
    );
  }
  await assertSound(store, { orphans: false });
  assertRepeated(scenario, await wired.send(request), prepared);
  if (!scenario.adds) assert.deepEqual(await observe(store), states.at(-1), 'after the request was repeated');
  await store.reclaimAll();
  await assertSound(store, { orphans: true });
}

/** The connection broke off after the head of an answer had come, as it must when its bytes cannot be read. */
function cutOff(error: unknown): 'cut off' {
  assert.ok(error instanceof UnansweredError);
  // What node:http says of an answer that ends too soon. Before its head it would be `socket hang up`.
  assert.equal((error.cause as Error).message, 'aborted');
  return 'cut off';
}

function assertRefusal({ method }: S3Request, answer: S3Answer, kind: FaultKind): void {
  const { status, headers, body } = answer;
  const expected =
    kind === 'full' ? { status: 507, code: 'InsufficientStorage' } : { status: 500, code: 'InternalError' };
  assert.equal(status, expected.status, body.toString());
  if (method === 'HEAD') assert.equal(body.length, 0);
  else assert.equal(readErrorAnswer({ ...answer, headers: headers as Record<string, string> }).Code, expected.code);
}

function assertRepeated<Prepared>(scenario: WireScenario<Prepared>, answer: S3Answer, prepared: Prepared): void {
  if (answer.status < 300) {
    scenario.check(answer, prepared);
    return;
  }
  const { Code } = readErrorAnswer({ ...answer, headers: answer.headers as Record<string, string> });
  assert.ok(scenario.repeated?.includes(Code!), `the repeated request is answered ${Code}`);
}

function succeeded(answer: S3Answer): S3Answer {
  assert.ok(answer.status < 300, `${answer.status} ${answer.body}`);
  return answer;
}

async function assertSound(store: MemoryStore, { orphans }: { orphans: boolean }): Promise<void> {
  const found = await Array.fromAsync(verifyStore(store, { bytes: true, orphans }));
  assert.deepEqual(
    found.map(({ message }) => message),
    [],
  );
}
