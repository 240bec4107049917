import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSelect } from '../../domain/select/parse-select.ts';
import type { QueryEngine } from '../../engines/query/query-engine.ts';
import { type Selection, SelectService } from './select-service.ts';

/** Its queries run until they are stopped. */
const engine: QueryEngine = {
  missing: () => undefined,
  start: () => ({ bytesProcessed: 0, answer: async () => {}, stop: async () => {} }),
  writeParquet: () => assert.fail('nothing is written'),
};

const selectionOf = (asker: string) =>
  ({
    content: {},
    size: 0,
    compression: 'none',
    scanRange: undefined,
    asker,
    query: { query: parseSelect('SELECT * FROM S3Object'), input: { kind: 'json' } },
  }) as unknown as Selection;

test('whoever holds all that one may hold keeps nobody else waiting', async () => {
  const service = new SelectService(engine);
  const first = await service.start(selectionOf('greedy'));
  const greedy = Array.from({ length: 8 }, () => service.start(selectionOf('greedy')));
  await assert.rejects(service.start(selectionOf('greedy')), { kind: 'SelectBusy' });
  // It begins at once: nothing has ended so far.
  const other = await service.start(selectionOf('other'));
  const another = service.start(selectionOf('another'));
  await other.stop();
  const begun = await another;
  // In their order, one after the other.
  await first.stop();
  for (const waiting of greedy) await (await waiting).stop();
  await begun.stop();
  await (await service.start(selectionOf('greedy'))).stop();
});
