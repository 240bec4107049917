import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as iam from '@aws-sdk/client-iam';
import * as s3 from '@aws-sdk/client-s3';
import * as sts from '@aws-sdk/client-sts';
import { type Asked, runScenario, type StepCredentials, type Told } from '../clients/scenario/run-scenario.ts';
import { scenarios } from '../clients/scenario/scenarios.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
});
after(async () => {
  for (const client of clients.values()) client.destroy();
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

interface Client {
  send(command: object): Promise<Record<string, unknown>>;
  destroy(): void;
}

const clients = new Map<string, Client>();
const modules: Record<Asked['service'], object> = { iam, s3, sts };
const classes = { iam: iam.IAMClient, s3: s3.S3Client, sts: sts.STSClient };

function clientOf(service: Asked['service'], credentials: StepCredentials | undefined): Client {
  const id = `${service} ${credentials?.AccessKeyId}`;
  const known = clients.get(id);
  if (known) return known;
  const made = new classes[service]({
    endpoint: server.url,
    region: 'us-east-1',
    maxAttempts: 1,
    ...(service === 's3' ? { forcePathStyle: true } : {}),
    credentials: credentials
      ? {
          accessKeyId: credentials.AccessKeyId,
          secretAccessKey: credentials.SecretAccessKey,
          ...(credentials.SessionToken === undefined ? {} : { sessionToken: credentials.SessionToken }),
        }
      : server.root,
  });
  // Three clients of one make: what they have in common is all that is asked of them.
  const client = made as unknown as Client;
  clients.set(id, client);
  return client;
}

const waiters = {
  user_exists: iam.waitUntilUserExists,
  policy_exists: iam.waitUntilPolicyExists,
  role_exists: iam.waitUntilRoleExists,
} as const;

async function ask({ service, call, input, waits, credentials }: Asked): Promise<Told> {
  try {
    if (waits) {
      const client = new iam.IAMClient({ endpoint: server.url, region: 'us-east-1', credentials: server.root });
      await waiters[call as keyof typeof waiters]({ client, maxWaitTime: 5 }, input as never);
      client.destroy();
      return { answer: {} };
    }
    const command = (modules[service] as Record<string, new (input: object) => object>)[`${call}Command`]!;
    const { $metadata, ...answer } = await clientOf(service, credentials).send(new command(input));
    return { answer: decoded(answer) };
  } catch (error) {
    const { name, message } = error as Error;
    return { code: name, message };
  }
}

/** This SDK leaves policies encoded; boto3 and the command line do not. */
function decoded(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('%7B') ? JSON.parse(decodeURIComponent(value)) : value;
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, decoded(each)]));
}

for (const turn of ['first', 'second']) {
  for (const [name, steps] of scenarios) {
    test(`@aws-sdk/client-iam and client-sts: ${name}, ${turn} time`, () =>
      runScenario(steps, ask, { namesClasses: true }));
  }
}

test('the scenarios are as many calls as they are meant to be', () => {
  const calls = scenarios.reduce((sum, [, steps]) => sum + steps.length, 0);
  assert.ok(calls >= 150, `${calls}`);
});
