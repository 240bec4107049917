import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  ambientUses,
  badNames,
  importCycles,
  importsOf,
  layerViolations,
  type Sources,
} from './architecture/module-graph.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

async function modules(): Promise<{ all: Sources; product: Sources }> {
  const names = await readdir(join(root, 'src'), { recursive: true });
  const paths = names.filter((name) => name.endsWith('.ts')).map((name) => `src/${name.replaceAll(sep, '/')}`);
  const all = new Map<string, string>();
  for (const path of paths) all.set(path, await readFile(join(root, path), 'utf8'));
  // Tests beside their subject, and the contracts that they share, may use whatever they need.
  const product = new Map([...all].filter(([path]) => !/(\.test|-contract|-model)\.ts$/.test(path)));
  return { all, product };
}

test('imports only point downwards', async () => {
  const { product } = await modules();
  assert.ok(product.size > 50, 'the modules were found');
  assert.deepEqual(layerViolations(product), []);
});

test('no imports in a circle', async () => {
  assert.deepEqual(importCycles((await modules()).product), []);
});

test('every import leads to a module', async () => {
  const { all } = await modules();
  const edges = [...all].flatMap(([path, source]) => importsOf(path, source).map((target) => ({ path, target })));
  assert.ok(edges.length > 100, 'the imports were found');
  const dangling = edges.filter(
    ({ path, target }) => target.startsWith('src/') && !all.has(target) && !path.endsWith('.test.ts'),
  );
  assert.deepEqual(dangling, []);
});

test('files are named after what is in them', async () => {
  assert.deepEqual(badNames((await modules()).all.keys()), []);
});

test('time and chance come as parameters', async () => {
  assert.deepEqual(ambientUses((await modules()).product), []);
});

const sources = (modules: Record<string, string>): Sources => new Map(Object.entries(modules));

const forbidden: readonly [what: string, path: string, source: string, complaint: RegExp][] = [
  ['upwards', 'src/domain/names.ts', "import { x } from '../services/buckets/bucket-service.ts';", /upwards/],
  ['upwards by type', 'src/engines/blobs/blob-engine.ts', "import type { X } from '../../s3/reply.ts';", /upwards/],
  ['upwards over lines', 'src/records/a-record.ts', "import {\n  x,\n  y,\n} from '../services/x.ts';", /upwards/],
  ['upwards and lazily', 'src/foundation/clock.ts', "const x = await import('../domain/errors.ts');", /upwards/],
  ['upwards by handing on', 'src/domain/names.ts', "export * from '../records/keyspace.ts';", /upwards/],
  ['to the composition root', 'src/cli/run-command.ts', "import { main } from '../main.ts';", /upwards/],
  ['to settings from a service', 'src/services/x.ts', "import type { Settings } from '../settings.ts';", /upwards/],
  ['from adapter to adapter', 'src/s3/pipeline.ts', "import { x } from '../http/listener.ts';", /sideways/],
  ['from engine to engine', 'src/engines/blobs/files/a.ts', "import { x } from '../memory/b.ts';", /sideways/],
  ['out of src', 'src/s3/pipeline.ts', "import { x } from '../../tests/s3-server.ts';", /outside/],
];
for (const [what, path, source, complaint] of forbidden) {
  test(`found: an import ${what}`, () => {
    const found = layerViolations(sources({ [path]: source }));
    assert.equal(found.length, 1);
    assert.match(found[0]!, complaint);
  });
}

test('found: a module outside the layers', () => {
  assert.deepEqual(layerViolations(sources({ 'src/extras/thing.ts': '' })), [
    'src/extras/thing.ts belongs to no layer',
  ]);
});

test('allowed: downwards, within an adapter, and the outcome that adapters share', () => {
  const allowed = {
    'src/s3/pipeline.ts': "import { x } from './reply.ts';\nimport type { Outcome } from '../telemetry/outcome.ts';",
    'src/services/x.ts': "import { y } from '../domain/errors.ts';\nimport fs from 'node:fs';",
    'src/main.ts': "import { z } from './cli/run-command.ts';",
  };
  assert.deepEqual(layerViolations(sources(allowed)), []);
});

test('found: a circle of imports', () => {
  const circle = {
    'src/domain/a.ts': "import { b } from './b.ts';",
    'src/domain/b.ts': "import { c } from './c.ts';",
    'src/domain/c.ts': "import { a } from './a.ts';",
  };
  assert.deepEqual(importCycles(sources(circle)), [
    'src/domain/a.ts → src/domain/b.ts → src/domain/c.ts → src/domain/a.ts',
  ]);
});

test('found: names that say nothing', () => {
  const bad = ['src/domain/utils.ts', 'src/s3/upload-manager.ts', 'src/common/x.ts', 'src/s3/PutObject.ts'];
  assert.deepEqual(badNames([...bad, 'src/s3/put-object.ts', 'src/s3/put-object.test.ts']), bad);
});

test('found: clocks, timers and chance', () => {
  for (const use of [
    'Date.now()',
    'new Date()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'Math.random()',
    'randomBytes(8)',
    'randomUUID()',
    'AbortSignal.timeout(1)',
  ]) {
    assert.equal(ambientUses(sources({ 'src/services/x.ts': `const x = ${use};` })).length, 1, use);
    assert.equal(ambientUses(sources({ 'src/http/x.ts': `const x = ${use};` })).length, 0, use);
  }
  const harmless = '// Date.now() would not do\n/* nor setTimeout */ const x = new Date(clock.now());';
  assert.deepEqual(ambientUses(sources({ 'src/services/x.ts': harmless })), []);
});
