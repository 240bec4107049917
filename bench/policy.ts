import { onObject } from '../src/domain/grant.ts';
import type { Principal } from '../src/domain/principal.ts';
import { policySetting } from '../src/records/bucket-setting.ts';
import { requestConditions } from '../src/s3/request-conditions.ts';
import { Access } from '../src/services/authorization/access.ts';
import { AuthorizationService } from '../src/services/authorization/authorization-service.ts';
import { BucketPolicies, preparePolicy } from '../src/services/authorization/bucket-policies.ts';
import { BucketSettings } from '../src/services/buckets/bucket-settings.ts';
import { MemoryStore } from '../tests/memory-store.ts';
import { requestHeadOf } from '../tests/signing/request-head-of.ts';
import { signV4 } from '../tests/signing/sign-v4.ts';

/*
 * What a policy of ten statements adds to the gate, in this process and in microseconds a request:
 * `node bin/with-node.js bench/policy.ts`. Each kind of statement is measured with ten of it; fails where one adds more
 * than 20.
 */

const rounds = 15;
const requestsPerRound = 20_000;
const allowedMicroseconds = 20;

const bucket = 'bench';
const key = 'team/reports/2026/11/21/report.csv';
const resource = `arn:aws:s3:::${bucket}`;

/** Ten of each: all about the request, so that none is passed over. */
const kinds: Readonly<Record<string, (index: number) => object>> = {
  'ten resources': (i) => ({ Resource: i < 9 ? `${resource}/team-${i}/*` : `${resource}/*` }),
  'ten patterns': (i) => ({ Resource: `${resource}/*/reports/*/${i < 9 ? i : 'report'}*` }),
  'ten networks': (i) => ({
    Resource: `${resource}/*`,
    Condition: { IpAddress: { 'aws:SourceIp': [`10.${i}.0.0/16`, `2001:db8:${i}::/48`, '127.0.0.0/8'] } },
  }),
  'ten denials by conditions': (i) => ({
    Effect: 'Deny',
    Resource: `${resource}/*`,
    Condition: {
      StringLike: { 'aws:Referer': `https://*.example-${i}.com/*` },
      Bool: { 'aws:SecureTransport': 'false' },
      NumericLessThan: { 's3:TlsVersion': '1.2' },
      DateGreaterThan: { 'aws:CurrentTime': '2099-01-01T00:00:00Z' },
    },
  }),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
  'ten variables': (i) => ({ Resource: `${resource}/${i < 9 ? i : 'team'}/*/${'${aws:PrincipalAccount}'}*` }),
};

function policyOf(statement: (index: number) => object): string {
  const statements = Array.from({ length: 10 }, (_, i) => ({
    Sid: `s${i}`,
    Effect: 'Allow',
    Principal: '*',
    Action: ['s3:GetObject', 's3:PutObject'],
    ...statement(i),
  }));
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

async function openGate() {
  const store = await MemoryStore.open();
  const settings = new BucketSettings(store.context);
  const policies = new BucketPolicies(settings);
  const gate = new AuthorizationService({ ...store, settings, policies });
  const account = await store.identity.findAccount(store.accountId);
  if (!account) throw new Error('the account was made');
  const principal: Principal = { kind: 'account', account, accessKeyId: 'bench' };
  await store.bucket(bucket);
  const setPolicy = async (text: string) =>
    settings.write(await store.buckets.get(bucket), { setting: policySetting, value: text });
  return { gate, principal, setPolicy };
}

const head = requestHeadOf(
  signV4({
    method: 'GET',
    host: 'localhost',
    path: `/${bucket}/${key}`,
    headers: { referer: 'https://www.example.com/index.html', 'user-agent': 'bench' },
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench-secret' },
    date: new Date(),
  }),
);

/** Microseconds a request, in the best of the rounds: others share the machine. */
async function measure(gate: AuthorizationService, principal: Principal): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  const grants = [onObject('s3:GetObject', bucket, key)];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < requestsPerRound; i++) {
      const conditions = requestConditions({ head, principal, now: Date.now(), region: 'us-east-1' });
      const access = new Access(gate, { principal, conditions, acceptsCharges: false });
      await access.requireAll(grants);
    }
    best = Math.min(best, ((performance.now() - start) * 1000) / requestsPerRound);
  }
  return best;
}

const { gate, principal, setPolicy } = await openGate();
const without = await measure(gate, principal);
console.log(`no policy                  ${without.toFixed(2)} µs`);
for (const [name, statement] of Object.entries(kinds)) {
  const text = policyOf(statement);
  await setPolicy(text);
  const start = performance.now();
  for (let i = 0; i < 200; i++) preparePolicy(text, bucket);
  const compiling = ((performance.now() - start) * 1000) / 200;
  const added = (await measure(gate, principal)) - without;
  console.log(`${name.padEnd(26)} +${added.toFixed(2)} µs (to compile: ${compiling.toFixed(0)} µs, once)`);
  if (added > allowedMicroseconds) process.exitCode = 1;
}
