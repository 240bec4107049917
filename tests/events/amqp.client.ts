import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { Broker, brokerTest, freePort, temporaryDirectory } from './broker.ts';
import { assertNothingIsLost } from './nothing-lost.ts';

brokerTest(
  'rabbitmq-server',
  'killed in the middle, a queue has every event, those of a key in order',
  async (t, path) => {
    const directory = await temporaryDirectory(t);
    const [port, distributionPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
    const environment = {
      RABBITMQ_NODENAME: `cairn-test-${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distributionPort),
      ERL_EPMD_PORT: String(epmdPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_MNESIA_BASE: `${directory}/mnesia`,
      RABBITMQ_LOG_BASE: `${directory}/log`,
      RABBITMQ_ENABLED_PLUGINS_FILE: `${directory}/plugins`,
      RABBITMQ_PID_FILE: `${directory}/pid`,
    };
    const broker = await Broker.start(t, { path, args: [], environment, port, directory });
    // Erlang's name service outlives the broker, and ends only once it has noticed that the broker is gone.
    t.after(async () => {
      const env = { PATH: process.env.PATH, HOME: directory, ...environment };
      for (let tries = 0; tries < 50; tries++) {
        const { stdout } = await promisify(execFile)('epmd', ['-kill'], { env }).catch(() => ({ stdout: '' }));
        if (/^Killed$/m.test(stdout)) return;
        await broker.stop('SIGKILL');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    const url = `amqp://127.0.0.1:${port}`;
    const asking = async <T>(ask: (channel: Awaited<ReturnType<typeof openChannel>>) => Promise<T>): Promise<T> => {
      const connection = await connectWhenReady();
      try {
        return await ask(await connection.createChannel());
      } finally {
        await connection.close().catch(() => undefined);
      }
    };
    // The port is open some seconds before the broker takes anybody in.
    const connectWhenReady = async () => {
      for (let tries = 0; ; tries++) {
        try {
          const connection = await connect(url);
          connection.on('error', () => undefined);
          return connection;
        } catch (error) {
          if (tries === 200) throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    };
    const openChannel = async () => (await connectWhenReady()).createChannel();
    await asking((channel) => channel.assertQueue('events', { durable: true }));
    const messages: string[] = [];
    const taken = () =>
      asking(async (channel) => {
        for (;;) {
          const message = await channel.get('events', { noAck: true });
          if (message === false) return messages;
          messages.push(message.content.toString());
        }
      });
    await assertNothingIsLost(t, {
      type: 'amqp',
      url,
      options: { 'routing-key': 'events' },
      taken,
      kill: () => broker.stop('SIGKILL'),
      restart: () => broker.start(),
    });
  },
);
