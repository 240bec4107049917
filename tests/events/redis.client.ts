import { createClient } from 'redis';
import { Broker, brokerTest, freePort, temporaryDirectory } from './broker.ts';
import { assertNothingIsLost } from './nothing-lost.ts';

for (const mode of ['list', 'stream'] as const) {
  brokerTest(
    'redis-server',
    `killed in the middle, a ${mode} has every event, those of a key in order`,
    async (t, path) => {
      const directory = await temporaryDirectory(t);
      const port = await freePort();
      const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, ...durable];
      const broker = await Broker.start(t, { path, args, port, directory });
      const taken = async () => {
        const client = createClient({ url: `redis://127.0.0.1:${port}` });
        client.on('error', () => undefined);
        await client.connect();
        try {
          if (mode === 'list') return await client.lRange('events', 0, -1);
          return ((await client.xRange('events', '-', '+')) ?? []).map(({ message }) => message.event!);
        } finally {
          client.destroy();
        }
      };
      await assertNothingIsLost(t, {
        type: 'redis',
        url: `redis://127.0.0.1:${port}`,
        options: { key: 'events', mode },
        taken,
        kill: () => broker.stop('SIGKILL'),
        restart: () => broker.start(),
      });
    },
  );
}
