import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { Broker, brokerTest, freePort, temporaryDirectory } from './broker.ts';
import { assertNothingIsLost } from './nothing-lost.ts';

/** Until nothing comes any more; somebody who joins hears the first message a while later. */
async function untilQuiet(messages: readonly unknown[]): Promise<void> {
  let heard = -1;
  for (let looks = 0; looks < 10 && (messages.length === 0 || messages.length > heard); looks++) {
    heard = messages.length;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}

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
      await untilQuiet(messages);
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
