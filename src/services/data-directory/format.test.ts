import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensureFormat, type FormatHistory, inspectFormat } from './format.ts';
import { DataDirectoryError } from './refusal.ts';

async function directoryOf(t: TestContext, format?: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-format-'));
  t.after(() => rm(directory, { recursive: true }));
  if (format !== undefined) await writeFile(join(directory, 'format.json'), format);
  return directory;
}

/** Three formats; each step writes down that it was taken. */
function history(failing?: number): FormatHistory & { taken: number[] } {
  const taken: number[] = [];
  const step = (from: number) => async () => {
    if (from === failing) throw new Error('the disk is full');
    taken.push(from);
  };
  return { current: 3, migrations: [step(1), step(2)], taken };
}

const formatIn = async (directory: string) => JSON.parse(await readFile(join(directory, 'format.json'), 'utf8')).format;

test('an empty directory gets the current format, without any migration', async (t) => {
  const directory = await directoryOf(t);
  const formats = history();
  await ensureFormat(directory, formats);
  assert.equal(await formatIn(directory), 3);
  assert.deepEqual(formats.taken, []);
});

test('an older directory goes through every step from its own format', async (t) => {
  for (const [format, steps] of [
    [1, [1, 2]],
    [2, [2]],
    [3, []],
  ] as const) {
    const directory = await directoryOf(t, JSON.stringify({ format }));
    const formats = history();
    await ensureFormat(directory, formats);
    assert.deepEqual(formats.taken, steps);
    assert.equal(await formatIn(directory), 3);
  }
});

test('a step that fails is where the next start goes on', async (t) => {
  const directory = await directoryOf(t, '{"format":1}');
  await assert.rejects(ensureFormat(directory, history(2)), /the disk is full/);
  assert.equal(await formatIn(directory), 2);
  const formats = history();
  await ensureFormat(directory, formats);
  assert.deepEqual(formats.taken, [2]);
});

test('a newer format, a damaged one, and a directory of somebody else are refused', async (t) => {
  for (const content of ['{"format":4}', '{"format":"1"}', '{"format":0}', '{}', 'null', '', '{']) {
    const directory = await directoryOf(t, content);
    assert.throws(() => inspectFormat(directory, history()), DataDirectoryError, content);
    await assert.rejects(ensureFormat(directory, history()), DataDirectoryError, content);
    assert.equal(await readFile(join(directory, 'format.json'), 'utf8'), content);
  }
  const foreign = await directoryOf(t);
  await writeFile(join(foreign, 'thesis.doc'), '');
  assert.throws(() => inspectFormat(foreign, history()), DataDirectoryError);
});
