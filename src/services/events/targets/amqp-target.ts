import { connect } from 'amqplib';
import {
  ConnectionEnd,
  hostOf,
  NotNowError,
  type OpenTarget,
  type TargetConnection,
  userOf,
} from './target-connection.ts';

/** Publishes persistent messages, until the broker has confirmed each. One that no queue takes counts as not taken. */
export async function openAmqp({ target, secret, guard, timeoutMilliseconds }: OpenTarget): Promise<TargetConnection> {
  const url = new URL(target.url);
  const host = hostOf(url);
  guard.checkLiteral(host);
  const isSecure = url.protocol === 'amqps:';
  const reach = {
    protocol: isSecure ? 'amqps' : 'amqp',
    hostname: host,
    port: Number(url.port || (isSecure ? '5671' : '5672')),
    username: userOf(url) ?? 'guest',
    password: secret ?? 'guest',
    vhost: url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : '/',
    heartbeat: 10,
  };
  const connection = await connect(reach, { lookup: guard.lookup, timeout: timeoutMilliseconds, noDelay: true });
  const ending = new ConnectionEnd();
  connection.on('error', (error: Error) => ending.end(error));
  connection.on('close', () => ending.end(new Error('the broker closed the connection')));
  const close = async () => {
    await connection.close().catch(() => undefined);
  };
  const returned = new Set<string>();
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', (error: Error) => ending.end(error));
    channel.on('close', () => ending.end(new Error('the broker closed the channel')));
    // An unroutable message comes back before it is confirmed.
    channel.on('return', (message) => returned.add(String(message.properties.messageId)));
    const { exchange = '', 'routing-key': routingKey = '' } = target.options;
    return {
      send: ({ body, id }) =>
        ending.unlessEnded<void>((resolve, reject) => {
          const options = { persistent: true, mandatory: true, messageId: id, contentType: 'application/json' };
          channel.publish(exchange, routingKey, Buffer.from(body), options, (error: unknown) => {
            if (error) reject(error instanceof Error ? error : new NotNowError('the broker did not take the message'));
            else if (returned.delete(id)) reject(new NotNowError('no queue takes the message'));
            else resolve();
          });
        }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
