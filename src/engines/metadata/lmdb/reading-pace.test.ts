import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadingPace } from './reading-pace.ts';

test('slow bodies are believed to wait for the disk, for a while', () => {
  let now = 0;
  const pace = new ReadingPace(() => now);
  assert.equal(pace.isFar, false);
  for (let i = 0; i < 50; i++) pace.note({ milliseconds: 1, bodies: 20 });
  assert.equal(pace.isFar, false, 'bodies from memory');
  for (let i = 0; i < 5; i++) pace.note({ milliseconds: 20, bodies: 20 });
  assert.equal(pace.isFar, true, 'bodies from the disk');
  now += 1999;
  assert.equal(pace.isFar, true);
  now += 1;
  assert.equal(pace.isFar, false);
});

test('one slow batch among many is a pause of something else', () => {
  const pace = new ReadingPace(() => 0);
  for (let i = 0; i < 20; i++) pace.note({ milliseconds: 1, bodies: 20 });
  pace.note({ milliseconds: 10, bodies: 10 });
  assert.equal(pace.isFar, false);
});

test('a lone body that stands still for long, as the first one of a process may, says nothing of the others', () => {
  const pace = new ReadingPace(() => 0);
  pace.note({ milliseconds: 100, bodies: 1 });
  assert.equal(pace.isFar, false);
  for (let i = 0; i < 20; i++) pace.note({ milliseconds: 0.05, bodies: 1 });
  pace.note({ milliseconds: 100, bodies: 1 });
  assert.equal(pace.isFar, false);
});

test('of the bodies that run by themselves one in eight is timed', () => {
  let now = 0;
  const pace = new ReadingPace(() => now);
  let timed = 0;
  for (let i = 0; i < 80; i++) {
    const end = pace.sample();
    if (!end) continue;
    timed++;
    now += 20;
    end();
  }
  assert.equal(timed, 10);
  assert.equal(pace.isFar, true);
});
