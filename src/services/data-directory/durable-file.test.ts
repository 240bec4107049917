import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectories } from './durable-file.ts';

test('the entry of every directory that was made is synced, and no other', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'cairn-directories-'));
  t.after(() => rm(root, { recursive: true }));
  const synced: string[] = [];
  makeDirectories(join(root, 'a', 'b', 'c'), (directory) => synced.push(directory));
  assert.deepEqual(synced, [join(root, 'a', 'b'), join(root, 'a'), root]);
  assert.equal((await stat(join(root, 'a', 'b', 'c'))).mode & 0o777, 0o700);
  makeDirectories(join(root, 'a', 'b', 'd'), (directory) => synced.push(directory));
  assert.deepEqual(synced.slice(3), [join(root, 'a', 'b')]);
  makeDirectories(join(root, 'a'), (directory) => synced.push(directory));
  assert.equal(synced.length, 4);
});

test('a real directory is synced by default', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'cairn-directories-'));
  t.after(() => rm(root, { recursive: true }));
  makeDirectories(join(root, 'data'));
  assert.ok((await stat(join(root, 'data'))).isDirectory());
});
