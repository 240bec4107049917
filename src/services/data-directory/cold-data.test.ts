import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemRandom } from '../../foundation/random.ts';
import { coldBlobsIn, takeColdData } from './cold-data.ts';
import { DataDirectoryError } from './refusal.ts';

async function directories(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'cairn-cold-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const [data, other, cold] = ['data', 'other', 'cold'].map((name) => join(root, name)) as [string, string, string];
  for (const made of [data, other]) mkdirSync(made);
  return { data, other, cold };
}

const take = (data: string, cold: string | undefined) => takeColdData(data, cold, systemRandom());
const refused = (pattern: RegExp) => (error: unknown) =>
  error instanceof DataDirectoryError && pattern.test(error.message);

test('nothing is made where nothing is asked for', async (t) => {
  const { data } = await directories(t);
  take(data, undefined);
  assert.deepEqual(readdirSync(data), []);
});

test('the directory is made, known again, and missed', async (t) => {
  const { data, cold } = await directories(t);
  take(data, cold);
  take(data, cold);
  assert.throws(() => take(data, undefined), refused(/name it with CAIRN_COLD_DATA/));
  rmSync(cold, { recursive: true });
  mkdirSync(cold);
  assert.throws(() => take(data, cold), refused(/is its disk mounted/));
  assert.deepEqual(readdirSync(cold), []);
});

test('the directory of another store, one that holds something, and the data directory itself are refused', async (t) => {
  const { data, other, cold } = await directories(t);
  take(other, cold);
  writeFileSync(join(coldBlobsIn(cold), 'blob'), '');
  assert.throws(() => take(data, cold), refused(/not empty/));
  assert.throws(() => take(data, data), refused(/is the data directory itself/));
  const foreign = join(other, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'a file'), '');
  assert.throws(() => take(data, foreign), refused(/not empty/));
  const { cold: second } = await directories(t);
  take(data, second);
  assert.throws(() => take(data, cold), refused(/belongs to another store/));
});

test('a start that a crash cut off between the two marks goes on', async (t) => {
  const { data, cold } = await directories(t);
  take(data, cold);
  rmSync(join(data, 'cold-data.json'));
  take(data, cold);
  take(data, cold);
});
