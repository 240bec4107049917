import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { runCairn } from '../crash/run-cairn.ts';
import { signV4 } from '../signing/sign-v4.ts';
import { eventually, type SpawnedServer, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { arnOf } from './delivering.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

const environment = { CAIRN_OUTBOUND_ALLOW: '127.0.0.0/8', CAIRN_SYNC: 'relaxed' };

function clientOf(t: TestContext, server: SpawnedServer): S3Client {
  const s3 = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
  });
  t.after(() => s3.destroy());
  return s3;
}

async function startHook(t: TestContext): Promise<WebhookReceiver> {
  const hook = await WebhookReceiver.start();
  t.after(() => hook[Symbol.asyncDispose]());
  return hook;
}

async function cairn(server: SpawnedServer, ...args: string[]): Promise<string> {
  const { code, output, errors } = await runCairn([...args, '--data', server.data]);
  assert.equal(code, 0, errors);
  return output;
}

test('a target that the operator adds gets the events of a bucket that names it', async (t) => {
  const server = await spawnServer(t, { environment });
  const hook = await startHook(t);
  const secretFile = join(await temporaryDirectory(t), 'token');
  await writeFile(secretFile, 'a-secret-token\n');
  const added = await cairn(
    server,
    'target',
    'add',
    'hook',
    '--type',
    'webhook',
    '--url',
    hook.url,
    '--secret-file',
    secretFile,
  );
  assert.ok(added.includes(arnOf('hook')));

  const s3 = clientOf(t, server);
  const Bucket = 'served';
  await s3.send(new CreateBucketCommand({ Bucket }));
  const QueueConfigurations = [{ QueueArn: arnOf('hook'), Events: ['s3:ObjectCreated:*' as const] }];
  await s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { QueueConfigurations } }),
  );
  hook.answer = ({ message }) => (message.Records?.[0].s3.object.key === 'bad' ? 422 : 200);
  for (const Key of ['good', 'bad']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  await hook.until(() => hook.records.length === 1);
  assert.equal(hook.records[0].s3.object.key, 'good');
  assert.equal(hook.received[0]!.headers.authorization, 'Bearer a-secret-token');

  const dead = await eventually(async () => {
    const letters = JSON.parse(await cairn(server, 'events', 'dead', 'list', '--target', 'hook', '--json'));
    return letters.length === 1 ? letters : undefined;
  });
  assert.equal(dead[0].key, 'bad');
  const listed = await cairn(server, 'target', 'list', '--json');
  assert.doesNotMatch(listed, /secret/);
  const [target] = JSON.parse(listed);
  assert.deepEqual([target.name, target.type, target.dead], ['hook', 'webhook', 1]);

  hook.answer = () => 200;
  assert.match(await cairn(server, 'events', 'dead', 'retry', '--target', 'hook', dead[0].id), /^1 /);
  await hook.until(() => hook.records.length === 2);
  assert.equal(hook.records[1].s3.object.key, 'bad');

  const metrics = await eventually(async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return /^cairn_events_delivered_total\{target="hook"\} 3$/m.test(text) ? text : undefined;
  });
  assert.match(metrics, /^cairn_events_dead_total\{target="hook"\} 1$/m);
  assert.doesNotMatch(server.errors(), /a-secret-token/);
});

test('commands say what is wrong with a target', async (t) => {
  const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } });
  const refused = async (...args: string[]) => {
    const { code, errors } = await runCairn([...args, '--data', server.data]);
    assert.notEqual(code, 0);
    assert.doesNotMatch(errors, /\n\s+at /, 'no stack');
    return errors;
  };
  const add = ['target', 'add', 'hook', '--type'];
  assert.match(await refused(...add, 'pigeon', '--url', 'http://127.0.0.1/'), /webhook, nats, kafka/);
  assert.match(await refused(...add, 'webhook', '--url', 'ftp://127.0.0.1/'), /http:\/\/host:port or https/);
  assert.match(await refused(...add, 'kafka', '--url', 'kafka://127.0.0.1'), /topic/);
  assert.match(await refused('target', 'test', 'nobody'), /there is no target nobody/);
  await cairn(server, ...add, 'webhook', '--url', 'http://127.0.0.1:1/');
  assert.match(await refused(...add, 'webhook', '--url', 'http://127.0.0.1:1/'), /already/);
  assert.match(await refused('target', 'test', 'hook'), /CAIRN_OUTBOUND_ALLOW/);
  assert.match(await refused('events', 'dead', 'drop', '--target', 'hook'), /--all/);
  await cairn(server, 'target', 'remove', 'hook');
  assert.equal(await cairn(server, 'target', 'list', '--json'), '[]\n');
});

test('a change made on one worker is heard on another, and a stop does not wait for listeners', async (t) => {
  const server = await spawnServer(t, { environment: { ...environment, CAIRN_WORKERS: '2' } });
  const s3 = clientOf(t, server);
  await s3.send(new CreateBucketCommand({ Bucket: 'heard' }));
  const heard: string[] = [];
  const listeners = await Promise.all(Array.from({ length: 6 }, () => listen(server, '/heard', heard)));
  await s3.send(new PutObjectCommand({ Bucket: 'heard', Key: 'key', Body: 'x' }));
  await eventually(async () => (heard.length === 6 ? true : undefined));
  assert.ok(heard.every((line) => JSON.parse(line).Records[0].s3.object.key === 'key'));
  const ended = Promise.all(listeners.map((response) => once(response, 'end')));
  assert.equal(await server.stop(), 0);
  await ended;
  assert.doesNotMatch(server.errors(), /cut off/);
});

/** On a connection of its own, which any of the workers may take. */
async function listen(server: SpawnedServer, path: string, lines: string[]): Promise<IncomingMessage> {
  const host = `127.0.0.1:${server.port}`;
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const query = [['events', 's3:ObjectCreated:*']] as const;
  const { method, target, headers } = signV4({ method: 'GET', path, query, host, credentials, date: new Date() });
  const outgoing = request({ host: '127.0.0.1', port: server.port, method, path: target, headers, agent: false });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  let text = '';
  response.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    const complete = text.split('\n');
    text = complete.pop()!;
    lines.push(...complete);
  });
  return response;
}
