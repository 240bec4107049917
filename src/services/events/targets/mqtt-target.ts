import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { MqttClient } from 'mqtt';
import { ConnectionEnd, hostOf, type OpenTarget, type TargetConnection, userOf } from './target-connection.ts';

/** Publishes to a topic with QoS 1 or 2, until the broker has acknowledged it. */
export async function openMqtt({ target, secret, guard, timeoutMilliseconds }: OpenTarget): Promise<TargetConnection> {
  const url = new URL(target.url);
  const host = hostOf(url);
  guard.checkLiteral(host);
  const username = userOf(url);
  const isSecure = url.protocol === 'mqtts:';
  const port = Number(url.port || (isSecure ? '8883' : '1883'));
  const { lookup } = guard;
  const client = new MqttClient(
    () => (isSecure ? connectTls({ host, port, lookup, servername: host }) : connectTcp({ host, port, lookup })),
    {
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: timeoutMilliseconds,
      ...(username === undefined ? {} : { username }),
      ...(secret === undefined ? {} : { password: secret }),
    },
  );
  const ending = new ConnectionEnd();
  client.on('error', (error) => ending.end(error));
  client.on('close', () => ending.end(new Error('the broker closed the connection')));
  const close = async () => {
    client.end(true);
  };
  try {
    await ending.unlessEnded<void>((resolve) => client.once('connect', () => resolve()));
  } catch (error) {
    await close();
    throw error;
  }
  const { topic = '', qos } = target.options;
  return {
    send: ({ body }) =>
      ending.unlessEnded<void>((resolve, reject) => {
        client.publish(topic, body, { qos: qos === '2' ? 2 : 1 }, (error) => {
          if (error) reject(error as Error);
          else resolve();
        });
      }),
    close,
  };
}
