import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { StorageError } from '../../../domain/errors.ts';
import { PasswordHashing } from './password-hashing.ts';

const hashing = () => new PasswordHashing({ bytes: randomBytes });

test('a hash is matched by its password alone', async () => {
  const passwords = hashing();
  const hash = await passwords.hash('pässwörd');
  assert.equal(await passwords.matches(hash, 'pässwörd'), true);
  assert.equal(await passwords.matches(hash, 'passwörd'), false);
});

test('what nobody has is looked at as any other hash', async () => {
  assert.equal(await hashing().matchesNothing('anything'), false);
});

test('too many at once are refused, and the others have their turn', async () => {
  const passwords = hashing();
  const settled = await Promise.allSettled(Array.from({ length: 70 }, () => passwords.matchesNothing('x')));
  const refused = settled.filter((one) => one.status === 'rejected');
  assert.equal(refused.length, 4);
  assert.ok(refused.every(({ reason }) => reason instanceof StorageError && reason.kind === 'SlowDown'));
  assert.equal(await passwords.matchesNothing('x'), false);
});
