import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Broker, brokerTest, freePort, temporaryDirectory } from './broker.ts';
import { assertNothingIsLost } from './nothing-lost.ts';

brokerTest(
  'nats-server',
  'killed in the middle, a stream has every event, those of a key in order',
  async (t, path) => {
    const directory = await temporaryDirectory(t);
    const port = await freePort();
    const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', directory];
    const broker = await Broker.start(t, { path, args, port, directory });
    const asking = async <T>(ask: (connection: NatsConnection) => Promise<T>): Promise<T> => {
      const connection = await connect({ servers: `127.0.0.1:${port}`, reconnect: false });
      try {
        return await ask(connection);
      } finally {
        await connection.close();
      }
    };
    const stream = { name: 'EVENTS', subjects: ['events'], storage: 'file', num_replicas: 1, retention: 'limits' };
    await asking((connection) => connection.request('$JS.API.STREAM.CREATE.EVENTS', JSON.stringify(stream)));
    const seen: string[] = [];
    const taken = () =>
      asking(async (connection) => {
        for (;;) {
          const question = JSON.stringify({ seq: seen.length + 1 });
          const answer = await connection.request('$JS.API.STREAM.MSG.GET.EVENTS', question);
          const { message } = answer.json<{ message?: { data: string } }>();
          if (!message) return seen;
          seen.push(Buffer.from(message.data, 'base64').toString());
        }
      });
    await assertNothingIsLost(t, {
      type: 'nats',
      url: `nats://127.0.0.1:${port}`,
      options: { subject: 'events', jetstream: 'on' },
      taken,
      kill: () => broker.stop('SIGKILL'),
      restart: () => broker.start(),
    });
  },
);
