import { connect, type NodeConnectionOptions, headers as natsHeaders } from '@nats-io/transport-node';
import { hostOf, type OpenTarget, type TargetConnection, userOf } from './target-connection.ts';

/** Publishes to a subject; with JetStream, until the stream has stored the event. */
export async function openNats({ target, secret, guard, timeoutMilliseconds }: OpenTarget): Promise<TargetConnection> {
  const url = new URL(target.url);
  const host = hostOf(url);
  // The library looks names up by itself: it gets the very address that was found to be allowed.
  const { address, family } = await guard.resolve(host);
  const user = userOf(url);
  const connection = await connect({
    servers: `${family === 6 ? `[${address}]` : address}:${url.port || '4222'}`,
    // Servers of a cluster tell of others, at addresses that nobody has looked at.
    ignoreClusterUpdates: true,
    reconnect: false,
    timeout: timeoutMilliseconds,
    name: 'Cairn',
    ...(url.protocol === 'tls:' ? { tls: tlsFor(host) } : {}),
    ...(user !== undefined ? { user, pass: secret ?? '' } : secret !== undefined ? { token: secret } : {}),
  });
  const { subject = '', jetstream } = target.options;
  return {
    async send({ body, id }) {
      if (jetstream !== 'on') {
        connection.publish(subject, body);
        // The server answers a ping only after everything that came before it.
        await connection.flush();
        return;
      }
      const headers = natsHeaders();
      // JetStream drops a message that it has seen already.
      headers.set('Nats-Msg-Id', id);
      const answer = await connection.request(subject, body, { timeout: timeoutMilliseconds, headers });
      const { error } = answer.json<{ error?: { description?: string } }>();
      if (error) throw new Error(`JetStream: ${error.description ?? 'not stored'}`);
    },
    async close() {
      await connection.close().catch(() => undefined);
    },
  };
}

/** The certificate is for the name, though the connection goes to an address. Handed on to Node as it is. */
function tlsFor(host: string): NonNullable<NodeConnectionOptions['tls']> {
  const tls = { servername: host };
  return tls as NonNullable<NodeConnectionOptions['tls']>;
}
