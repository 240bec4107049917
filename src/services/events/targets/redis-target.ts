import { createClient, ErrorReply } from 'redis';
import { hostOf, NotNowError, type OpenTarget, type TargetConnection, userOf } from './target-connection.ts';

/** Appends to a list or a stream, or publishes to a channel, of which Redis keeps nothing. */
export async function openRedis({ target, secret, guard, timeoutMilliseconds }: OpenTarget): Promise<TargetConnection> {
  const url = new URL(target.url);
  const host = hostOf(url);
  guard.checkLiteral(host);
  const username = userOf(url);
  const database = Number(url.pathname.slice(1) || '0');
  const reach = {
    host,
    port: Number(url.port || '6379'),
    lookup: guard.lookup,
    connectTimeout: timeoutMilliseconds,
    reconnectStrategy: false as const,
  };
  const client = createClient({
    socket: url.protocol === 'rediss:' ? { ...reach, tls: true, servername: host } : reach,
    disableOfflineQueue: true,
    ...(username === undefined ? {} : { username }),
    ...(secret === undefined ? {} : { password: secret }),
    ...(Number.isInteger(database) && database > 0 ? { database } : {}),
  });
  // Whoever waits for an answer hears of it; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    client.destroy();
    throw error;
  }
  const { key = '', mode = 'list' } = target.options;
  return {
    async send({ body, id }) {
      try {
        if (mode === 'stream') await client.xAdd(key, '*', { id, event: body });
        else if (mode === 'publish') await client.publish(key, body);
        else await client.rPush(key, body);
      } catch (error) {
        throw error instanceof ErrorReply ? new NotNowError(error.message) : error;
      }
    },
    async close() {
      if (client.isOpen) client.destroy();
    },
  };
}
