import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { combineSides } from '../src/domain/policy/combine-sides.ts';
import { weighIdentity } from '../src/domain/policy/identity-rights.ts';
import type { Principal } from '../src/domain/principal.ts';
import { openLmdbMetadataEngine } from '../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../src/foundation/clock.ts';
import { systemRandom } from '../src/foundation/random.ts';
import { policyPrincipal } from '../src/services/authorization/policy-principal.ts';
import { dataPaths, readDataDirectory } from '../src/services/data-directory/data-directory.ts';
import { IdentityService } from '../src/services/identity/identity-service.ts';
import { SecretBox } from '../src/services/identity/secret-box.ts';
import type { Credentials } from '../tests/signing/sign-v4.ts';
import { ask } from './ask.ts';
import { fillIdentities } from './fill-identities.ts';
import { circumstancesOf, sentenceOf } from './machine.ts';
import { memoryOf, workersOf } from './process-usage.ts';
import { recordRun } from './record-run.ts';
import type { IdentityRun, WorkerMemory } from './recorded-run.ts';
import { startCairnIn, type Target } from './target.ts';

/*
 * What many users do to a server: `node bin/with-node.js bench/identity-scale.ts --users 10000`. Fills an account with
 * users of three policies each past the server; measures a decision over all of them at random, the start of the server,
 * pages of ListUsers over the wire, and the memory of a worker that has served every user. `--record` keeps the run.
 */

const usage = 'node bin/with-node.js bench/identity-scale.ts [--users <n>] [--decisions <n>] [--record]';
/** What may not be more; the run fails where it is. */
const bars = { decisionMicroseconds: 30, firstAnswerMilliseconds: 1000, pageMilliseconds: 50 };
const restMilliseconds = 1000;
const batchLength = 100;

type Decisions = IdentityRun['decisions'];

/** In this process, over the database that the server will have, as a worker makes them. */
async function measureDecisions(data: string, keys: readonly string[], count: number): Promise<Decisions> {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(data, random);
  const metadata = openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: 'relaxed' });
  const secrets = new SecretBox(masterKey, random);
  const identity = new IdentityService({ metadata, clock: systemClock, random, secrets });
  try {
    const decide = async (key: string) => {
      const found = identity.findCredential(key);
      const credential = found instanceof Promise ? await found : found;
      if (!allowed(credential!.principal)) throw new Error(`${key} was refused`);
    };
    // The median of many batches: what else the machine does falls on few of them.
    const each = async (turns: number, keyOf: (turn: number) => string) => {
      const batches: number[] = [];
      for (let turn = 0; turn < turns; turn += batchLength) {
        const end = Math.min(turns, turn + batchLength);
        const begun = performance.now();
        for (let at = turn; at < end; at++) await decide(keyOf(at));
        batches.push(((performance.now() - begun) * 1000) / (end - turn));
      }
      return batches.sort((a, b) => a - b)[batches.length >> 1]!;
    };
    const first = await each(keys.length, (turn) => keys[turn]!);
    const stride = 7919;
    const all = await each(count, (turn) => keys[(turn * stride) % keys.length]!);
    const one = await each(count, () => keys[0]!);
    return { firstMicroseconds: first, allMicroseconds: all, oneMicroseconds: one };
  } finally {
    await metadata.close();
  }
}

/** The bar is for what the gate does for a request of a user: the identity's side, beside a bucket that says nothing. */
function allowed(principal: Principal): boolean {
  if (principal.kind !== 'user') throw new Error('no user');
  const context = { values: (key: string) => (key === 'aws:username' ? [principal.userName] : undefined) };
  const resource = `arn:aws:s3:::homes/${principal.userName}/some/key`;
  const request = { action: 's3:GetObject', resource, principal: policyPrincipal(principal), context };
  const identity = weighIdentity(principal.rights!, request);
  const nothing = { effect: 'implicit-deny', naming: 'account', statements: [] } as const;
  return combineSides({ isOwnAccount: true, identity, resource: nothing }).allowed;
}

async function measureServer(data: string, keys: readonly Credentials[]) {
  const begun = performance.now();
  const target = await startCairnIn(data, { workers: 1, sync: 'durable' });
  try {
    await ask(target, { method: 'GET', path: '/' });
    const firstAnswerMilliseconds = performance.now() - begun;
    await wait(restMilliseconds);
    const atRest = largestWorker(target);
    const pages = await listUsers(target, keys.length);
    for (const credentials of keys) await ask({ ...target, credentials }, { method: 'GET', path: '/' });
    return { firstAnswerMilliseconds, pages, worker: { atRest, after: largestWorker(target) } };
  } finally {
    await target.stop();
  }
}

const pageSizes = [100, 1000];

async function listUsers(target: Target, users: number): Promise<IdentityRun['pages']> {
  const measured: IdentityRun['pages'][number][] = [];
  for (const size of pageSizes) {
    const times: number[] = [];
    let marker: string | undefined;
    let seen = 0;
    do {
      const form = new URLSearchParams({ Action: 'ListUsers', Version: '2010-05-08', MaxItems: String(size) });
      if (marker !== undefined) form.set('Marker', marker);
      const question = { method: 'POST', path: '/', service: 'iam', body: Buffer.from(form.toString()) } as const;
      const begun = performance.now();
      const page = await ask(target, question);
      times.push(performance.now() - begun);
      seen += page.split('<UserName>').length - 1;
      marker = /<Marker>([^<]+)<\/Marker>/.exec(page)?.[1];
    } while (marker !== undefined);
    if (seen !== users) throw new Error(`${seen} of ${users} users were listed`);
    times.sort((a, b) => a - b);
    measured.push({ size, medianMilliseconds: times[times.length >> 1]!, mostMilliseconds: times.at(-1)! });
  }
  return measured;
}

function largestWorker({ pid }: Target): WorkerMemory {
  const memory = workersOf(pid!).map(memoryOf);
  return {
    privateMegabytes: Math.max(...memory.map(({ own }) => own)) / 1e6,
    residentMegabytes: Math.max(...memory.map(({ resident }) => resident)) / 1e6,
  };
}

function summaryOf({ options, fillSeconds, decisions, firstAnswerMilliseconds, pages, worker }: IdentityRun): string {
  const { firstMicroseconds, allMicroseconds, oneMicroseconds } = decisions;
  return [
    `${options.users} users with 3 policies each, made in ${fillSeconds.toFixed(0)} s`,
    `a decision: ${allMicroseconds.toFixed(1)} µs over all users at random, ${oneMicroseconds.toFixed(1)} µs for one user, ${firstMicroseconds.toFixed(0)} µs the first time`,
    `from the start to the first answer: ${firstAnswerMilliseconds.toFixed(0)} ms`,
    ...pages.map(
      ({ size, medianMilliseconds, mostMilliseconds }) =>
        `ListUsers, ${size} a page: ${medianMilliseconds.toFixed(1)} ms in the median, ${mostMilliseconds.toFixed(1)} ms at most`,
    ),
    `a worker: ${worker.atRest.privateMegabytes.toFixed(0)} MB of its own at rest, ${worker.after.privateMegabytes.toFixed(0)} MB after a request of each user`,
  ].join('\n');
}

/** What is over its bar, in words. */
function missed({ decisions, firstAnswerMilliseconds, pages }: IdentityRun): readonly string[] {
  const checks: readonly (readonly [string, number, number])[] = [
    ['a decision, in µs', decisions.allMicroseconds, bars.decisionMicroseconds],
    ['a decision for one user, in µs', decisions.oneMicroseconds, bars.decisionMicroseconds],
    ['the first answer, in ms', firstAnswerMilliseconds, bars.firstAnswerMilliseconds],
    ['a page of 100 users, in ms', pages[0]!.medianMilliseconds, bars.pageMilliseconds],
  ];
  return checks.filter(([, value, bar]) => value > bar).map(([what, value, bar]) => `${what}: ${value} > ${bar}`);
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '10000' },
      decisions: { type: 'string', default: '50000' },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const users = Number(values.users);
  const decisions = Number(values.decisions);
  if (!Number.isInteger(users) || users < 1 || !Number.isInteger(decisions) || decisions < 1) throw new Error(usage);
  const directory = await mkdtemp(join(tmpdir(), 'cairn-bench-identity-'));
  try {
    const circumstances = await circumstancesOf({ workers: 1, sync: 'durable' });
    console.log(sentenceOf(circumstances));
    const data = join(directory, 'data');
    // Makes the data directory and the root.
    await (await startCairnIn(data, { workers: 1, sync: 'durable' })).stop();
    const begun = performance.now();
    const keys = await fillIdentities(data, users);
    const fillSeconds = (performance.now() - begun) / 1000;
    const ids = keys.map(({ accessKeyId }) => accessKeyId);
    const measured = { decisions: await measureDecisions(data, ids, decisions), ...(await measureServer(data, keys)) };
    const recorded: IdentityRun = {
      kind: 'identity',
      ...circumstances,
      options: { users, decisions },
      fillSeconds,
      ...measured,
    };
    console.log(summaryOf(recorded));
    if (values.record) console.error(`recorded in ${await recordRun(recorded)}: now npm run docs`);
    for (const miss of missed(recorded)) {
      console.error(`over the bar: ${miss}`);
      process.exitCode = 1;
    }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  }
}

await run();
