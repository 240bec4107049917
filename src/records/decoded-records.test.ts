import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMetadataEngine } from '../engines/metadata/memory/memory-metadata-engine.ts';
import { DecodedRecords, decodeAgain, recordType, writeRecord } from './record-type.ts';

interface Note {
  readonly text: string;
}

const noteType = recordType<Note>({
  name: 'note',
  version: 1,
  toFields: ({ text }) => [text],
  fromFields: ([text]) => ({ text: text as string }),
  migrations: [],
});

const keyOf = (name: string) => Buffer.from(`note/${name}`);

test('a record is the same object until it changes, and is never an old one', async () => {
  const engine = memoryMetadataEngine();
  const notes = new DecodedRecords(noteType, keyOf);
  const write = (name: string, text: string) =>
    engine.transact((tx) => writeRecord(tx, { type: noteType, key: keyOf(name) }, { text }));
  assert.equal(await notes.read(engine, 'a'), undefined);
  await write('a', 'one');
  const first = await notes.read(engine, 'a');
  assert.deepEqual(first, { text: 'one' });
  assert.equal(await notes.read(engine, 'a'), first);
  await write('a', 'one');
  assert.equal(await notes.read(engine, 'a'), first, 'written again as it was');
  await write('a', 'two');
  const second = await notes.read(engine, 'a');
  assert.deepEqual(second, { text: 'two' });
  await engine.transact((tx) => tx.delete(keyOf('a')));
  assert.equal(await notes.read(engine, 'a'), undefined);
  await write('a', 'two');
  assert.deepEqual(await notes.read(engine, 'a'), { text: 'two' });
});

test('more records than are remembered are read all the same', async () => {
  const engine = memoryMetadataEngine();
  const notes = new DecodedRecords(noteType, keyOf, 2);
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) {
    await engine.transact((tx) => writeRecord(tx, { type: noteType, key: keyOf(name) }, { text: name }));
  }
  for (const name of [...names, ...names]) assert.deepEqual(await notes.read(engine, name), { text: name });
});

test('a commit that finds the bytes of a record that is known takes that', async () => {
  const engine = memoryMetadataEngine();
  await engine.transact((tx) => writeRecord(tx, { type: noteType, key: keyOf('a') }, { text: 'one' }));
  const known = await new DecodedRecords(noteType, keyOf).read(engine, 'a');
  assert.ok(known);
  assert.equal(decodeAgain(noteType, noteType.encode({ text: 'one' }), known), known);
  assert.deepEqual(decodeAgain(noteType, noteType.encode({ text: 'two' }), known), { text: 'two' });
});
