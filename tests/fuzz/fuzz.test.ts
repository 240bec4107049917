import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '../../src/s3/operations/index.ts';
import type { Field, Schema } from '../../src/wire/xml/schema.ts';
import { type FuzzReport, fuzzOperations } from './fuzz-operations.ts';
import { acceptedWords } from './odd-document.ts';
import { readNames } from './read-names.ts';

/** Many more of them: `npm run fuzz -- --cases 100000`. */
const cases = 1000;
const seed = 20_261_121;

test('every operation answers whatever is asked of it, and the server goes on', async (context) => {
  const failures: string[] = [];
  const report = await fuzzOperations({
    operations,
    cases,
    seed,
    onDone(operation, failure) {
      if (failure !== undefined) failures.push(`${operation.name}: ${failure}`);
    },
  });
  assert.deepEqual(failures, []);
  assertThorough(report);
  context.diagnostic(`${report.cases} requests`);
});

/** A run in which everything was refused at the door would find nothing. */
function assertThorough({ met, cases: total }: FuzzReport): void {
  assert.ok(total >= cases);
  const marks = new Map<string, number>();
  for (const counts of met.values()) {
    for (const [mark, count] of counts) marks.set(mark, (marks.get(mark) ?? 0) + count);
  }
  const succeeded = [...marks].reduce((sum, [mark, count]) => (/^[23]/.test(mark) ? sum + count : sum), 0);
  assert.ok(succeeded > total / 10, JSON.stringify([...marks]));
  assert.ok(marks.size > 25, JSON.stringify([...marks]));
  for (const code of ['403 SignatureDoesNotMatch', '400 MalformedXML', '400 InvalidArgument', '501 NotImplemented']) {
    assert.ok((marks.get(code) ?? 0) > 0, code);
  }
}

test('all that operations declare to read is known to the fuzzer', () => {
  for (const operation of operations) {
    const { headers, parameters } = readNames(operation).own;
    for (const name of operation.fields.flatMap((field) => field.split(',').map((part) => part.trim()))) {
      if (name === 'Bucket' || name === 'Key' || name.includes('*')) continue;
      assert.ok(headers.includes(name.toLowerCase()) || parameters.includes(name), `${operation.name}: ${name}`);
    }
  }
});

test('there is a word for every element of every document', () => {
  for (const { name, body } of operations) {
    if (body.kind !== 'xml' || !body.schema) continue;
    for (const [path, scalar] of scalarsOf(body.schema, body.root)) {
      assert.notDeepEqual(acceptedWords(scalar), [], `${name}: ${path} takes none of the known words`);
    }
  }
});

type Scalar = Extract<Schema, { kind: 'scalar' }>;

function scalarsOf(schema: Schema, path: string): [string, Scalar][] {
  if (schema.kind === 'scalar') return [[path, schema]];
  return Object.entries(schema.fields).flatMap(([name, field]) => fieldScalars(field, `${path}/${name}`));
}

function fieldScalars(field: Field, path: string): [string, Scalar][] {
  switch (field.kind) {
    case 'attribute':
      return [];
    case 'optional':
    case 'list':
      return scalarsOf(field.of, path);
    case 'mixed':
      return Object.entries(field.of).flatMap(([name, schema]) => scalarsOf(schema, `${path}/${name}`));
    default:
      return scalarsOf(field, path);
  }
}
