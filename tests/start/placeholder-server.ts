import { setTimeout as wait } from 'node:timers/promises';
import { main } from '../../src/main.ts';
import type { Composition } from '../../src/processes/server-composition.ts';

/**
 * The server's processes, port and data directory, with something simple where S3 would be, so that a test decides how
 * long a request takes: `POST /slow` answers when the body has ended, `GET /defect` crashes the worker that serves it.
 */
const composition: Composition = {
  loadServer:
    async () =>
    async ({ onOutcome, clock }) => ({
      handle(request, response) {
        const startedAt = clock.now();
        if (request.url === '/defect') throw new Error('a defect on purpose');
        if (request.headers.expect !== undefined) response.writeContinue();
        let bytesIn = 0;
        request.on('data', (piece: Buffer) => {
          bytesIn += piece.length;
        });
        request.on('end', () => {
          response.end(JSON.stringify({ pid: process.pid, bytesIn }));
          onOutcome({
            operation: 'Placeholder',
            principal: undefined,
            bucket: undefined,
            key: undefined,
            method: request.method ?? '',
            target: request.url ?? '',
            status: 200,
            errorCode: undefined,
            bytesIn,
            bytesOut: 0,
            milliseconds: clock.now() - startedAt,
            requestId: '0',
            remoteAddress: '',
            userAgent: undefined,
          });
        });
      },
      renderError: (kind, requestId) => ({
        status: 400,
        hostId: 'placeholder',
        body: `<Error><Code>${kind}</Code><RequestId>${requestId}</RequestId></Error>`,
      }),
      ready: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }),
  loadBackground: async () => async (_, signal) => {
    while (!signal.aborted) await wait(60_000, undefined, { signal }).catch(() => {});
  },
};

await main(process.argv.slice(2), composition);
