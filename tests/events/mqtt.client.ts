import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { Broker, brokerTest, freePort, temporaryDirectory } from './broker.ts';
import { assertNothingIsLost } from './nothing-lost.ts';

brokerTest(
  'mosquitto',
  'stopped in the middle, a subscriber gets every event, those of a key in order',
  async (t, path) => {
    const directory = await temporaryDirectory(t);
    const port = await freePort();
    const settings = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'user root',
      'persistence true',
      `persistence_location ${directory}/`,
      'max_queued_messages 0',
    ];
    await writeFile(join(directory, 'mosquitto.conf'), settings.join('\n'));
    const args = ['-c', join(directory, 'mosquitto.conf')];
    const broker = await Broker.start(t, { path, args, port, directory });
    const messages: string[] = [];
    const url = `mqtt://127.0.0.1:${port}`;
    const subscriber = await mqtt.connectAsync(url, { clientId: 'recorder', clean: false, reconnectPeriod: 100 });
    t.after(() => subscriber.end(true));
    subscriber.on('error', () => undefined);
    subscriber.on('message', (_topic, body) => messages.push(body.toString()));
    await subscriber.subscribeAsync('events', { qos: 1 });
    await assertNothingIsLost(t, {
      type: 'mqtt',
      url,
      options: { topic: 'events', qos: '1' },
      taken: async () => messages,
      // mosquitto keeps what it has acknowledged in memory, and writes it down when it is told to end.
      kill: () => broker.stop('SIGTERM'),
      restart: () => broker.start(),
    });
  },
);
