import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptLimiter } from '../../src/services/identity/attempts/attempt-limiter.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { sendSignedForm } from '../operations/send-form.ts';
import { sendPresigned, sendRaw } from '../operations/send-raw.ts';
import { startS3Server } from '../s3-server.ts';

/** Sleeps are remembered, and over at once. */
function watchedLimiter() {
  const slept: number[] = [];
  const clock = {
    now: () => 1_000_000,
    sleep: async (milliseconds: number) => {
      slept.push(milliseconds);
    },
  };
  return { attempts: new AttemptLimiter(clock), slept };
}

test('who guesses secrets waits for the answers, on every protocol and in every form of a signature', async () => {
  const { attempts, slept } = watchedLimiter();
  await using server = await startS3Server({ attempts });
  const credentials = { ...server.root, secretAccessKey: 'a guess' };
  const list = { method: 'GET', path: '/' };
  const wrong = [
    () => sendRaw(server, { ...list, credentials }),
    () => sendPresigned(server, { ...list, credentials }),
    () => sendQuery(server, { parameters: { Action: 'GetUser' }, credentials }),
    () => sendQuery(server, { service: 'sts', parameters: { Action: 'GetCallerIdentity' }, credentials }),
    () => sendSignedForm(server, { bucket: 'bucket', fields: [['key', 'cat.txt']], credentials }),
  ];
  for (let i = 0; i < 20; i++) {
    const answer = await wrong[i % wrong.length]!();
    assert.deepEqual([answer.status, elementOf(answer, 'Code')], [403, 'SignatureDoesNotMatch']);
  }
  assert.deepEqual(slept, []);
  for (const [i, guess] of wrong.entries()) {
    assert.equal(elementOf(await guess(), 'Code'), 'SignatureDoesNotMatch');
    assert.equal(slept.length, i + 1);
  }
});

test('a right signature is not slowed by wrong ones from elsewhere, and is where the same place has guessed', async () => {
  const { attempts, slept } = watchedLimiter();
  await using server = await startS3Server({ attempts, trustedProxies: ['127.0.0.1'] });
  const from = (address: string, credentials = server.root) =>
    sendRaw(server, { method: 'GET', path: '/', credentials, headers: { 'x-forwarded-for': address } });
  const wrong = { ...server.root, secretAccessKey: 'a guess' };
  for (let i = 0; i < 30; i++) await from('203.0.113.7', wrong);
  const waited = slept.length;
  assert.ok(waited >= 9);
  assert.equal((await from('198.51.100.1')).status, 200);
  assert.equal(slept.length, waited);
  for (let i = 0; i < 3; i++) assert.equal((await from('203.0.113.7')).status, 200);
  assert.equal(slept.length, waited + 1);
});

test('the answer to a key that nobody has is as long in coming as any other guess', async () => {
  const { attempts, slept } = watchedLimiter();
  await using server = await startS3Server({ attempts });
  const credentials = { accessKeyId: 'AKIANOBODY', secretAccessKey: 'a guess' };
  for (let i = 0; i < 21; i++) await sendRaw(server, { method: 'GET', path: '/', credentials });
  assert.equal(slept.length, 1);
});
