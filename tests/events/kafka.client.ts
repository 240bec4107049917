import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { Broker, brokerTest, freePort, temporaryDirectory } from './broker.ts';
import { assertNothingIsLost } from './nothing-lost.ts';

brokerTest(
  'kafka-broker',
  'killed in the middle, a topic has every event, those of a key in order',
  async (t, path) => {
    const directory = await temporaryDirectory(t);
    const port = await freePort();
    const args = ['-port', String(port), '-dir', directory, '-topic', 'events'];
    const broker = await Broker.start(t, { path, args, port, directory });
    const taken = async () => {
      const messages: { value: string; offset: bigint; partition: number }[] = [];
      const consumer = new Consumer({
        clientId: 'recorder',
        groupId: `recorder-${crypto.randomUUID()}`,
        bootstrapBrokers: [`127.0.0.1:${port}`],
        deserializers: stringDeserializers,
      });
      consumer.on('error', () => undefined);
      const stream = await consumer.consume({
        topics: ['events'],
        mode: 'earliest',
        autocommit: false,
        maxWaitTime: 200,
      });
      stream.on('error', () => undefined);
      stream.on('data', ({ value, offset, partition }) => messages.push({ value, offset, partition }));
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await consumer.close(true);
      messages.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
      return messages.map(({ value }) => value);
    };
    await assertNothingIsLost(t, {
      type: 'kafka',
      url: `kafka://127.0.0.1:${port}`,
      options: { topic: 'events' },
      taken,
      kill: () => broker.stop('SIGKILL'),
      restart: () => broker.start(),
    });
  },
);
