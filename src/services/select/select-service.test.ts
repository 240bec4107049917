import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSelect } from '../../domain/select/parse-select.ts';
import { type QueryEngine, QueryFailure } from '../../engines/query/query-engine.ts';
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
  const service = new SelectService(engine, { clock: stepping().clock, longestMilliseconds: 0 });
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

/** A clock whose seconds pass when the test says so. */
function stepping() {
  const sleeping = new Set<() => void>();
  const clock = {
    sleep: (_milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        sleeping.add(resolve);
        signal?.addEventListener('abort', () => resolve());
      }),
  };
  const pass = async (ticks: number) => {
    for (let i = 0; i < ticks; i++) {
      await new Promise(setImmediate);
      for (const wake of sleeping) {
        sleeping.delete(wake);
        wake();
      }
      await new Promise(setImmediate);
    }
  };
  return { clock, pass };
}

/** Queries that answer one record and go on until they are stopped. */
function endless() {
  let stopped = 0;
  const running: QueryEngine = {
    ...engine,
    start() {
      const end = Promise.withResolvers<void>();
      return {
        bytesProcessed: 0,
        async answer(take) {
          await take(Buffer.from('record'));
          await end.promise;
          throw new QueryFailure('evaluation', 'it was killed');
        },
        async stop() {
          stopped++;
          end.resolve();
        },
      };
    },
  };
  return { running, stopped: () => stopped };
}

test('a query that takes too long is ended, and told why', async () => {
  const { clock, pass } = stepping();
  const { running, stopped } = endless();
  const service = new SelectService(running, { clock, longestMilliseconds: 5000 });
  const answer = await service.start(selectionOf('one'));
  const poured = answer.pour(() => {});
  const failed = assert.rejects(poured, { kind: 'SelectTakesTooLong', message: /5 seconds/ });
  await pass(4);
  assert.equal(stopped(), 0);
  await pass(1);
  await failed;
  assert.equal(stopped(), 1);
  await answer.stop();
  await (await service.start(selectionOf('one'))).stop();
});

test('the time for which a client lets it wait does not count', async () => {
  const { clock, pass } = stepping();
  const { running, stopped } = endless();
  const service = new SelectService(running, { clock, longestMilliseconds: 5000 });
  const answer = await service.start(selectionOf('one'));
  const read = Promise.withResolvers<void>();
  const failed = assert.rejects(
    answer.pour(() => read.promise),
    { kind: 'SelectTakesTooLong' },
  );
  await pass(20);
  assert.equal(stopped(), 0);
  read.resolve();
  await pass(5);
  await failed;
  await answer.stop();
});

test('without a limit a query takes as long as it takes', async () => {
  const { clock, pass } = stepping();
  const { running, stopped } = endless();
  const service = new SelectService(running, { clock, longestMilliseconds: 0 });
  const answer = await service.start(selectionOf('one'));
  const failed = assert.rejects(
    answer.pour(() => {}),
    { kind: 'SelectEvaluationFailed' },
  );
  await pass(50);
  assert.equal(stopped(), 0);
  await answer.stop();
  await failed;
});
