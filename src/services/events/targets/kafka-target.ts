import { Connection, ProduceAcks, Producer, ProtocolError, stringSerializers } from '@platformatic/kafka';
import type { OutboundGuard } from '../../outbound/outbound-guard.ts';
import { hostOf, type OpenTarget, RefusedForGoodError, type TargetConnection, userOf } from './target-connection.ts';

type Mechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** Produces to a topic, by the key `bucket/key`, until all replicas in sync have the event. */
export async function openKafka({ target, secret, guard, timeoutMilliseconds }: OpenTarget): Promise<TargetConnection> {
  const url = new URL(target.url);
  const host = hostOf(url);
  guard.checkLiteral(host);
  const { topic = '', brokers, sasl = 'PLAIN' } = target.options;
  const username = userOf(url);
  const producer = new Producer({
    clientId: 'cairn',
    bootstrapBrokers: [`${url.hostname}:${url.port || '9092'}`, ...(brokers?.split(',') ?? [])],
    serializers: stringSerializers,
    acks: ProduceAcks.ALL,
    // The outbox tries again, in order; a try of the library's own could overtake.
    retries: 0,
    autocreateTopics: false,
    connectTimeout: timeoutMilliseconds,
    requestTimeout: timeoutMilliseconds,
    timeout: timeoutMilliseconds,
    ...(url.protocol === 'kafkas:' ? { tls: { lookup: guard.lookup }, tlsServerName: true } : {}),
    ...(username === undefined ? {} : { sasl: { mechanism: sasl as Mechanism, username, password: secret ?? '' } }),
  });
  // Without a listener a broken connection would end the process; whoever waits for an answer hears of it.
  producer.on('error', () => undefined);
  guardConnections(producer, { guard, isSecure: url.protocol === 'kafkas:' });
  return {
    async send({ body, subjectKey }) {
      try {
        await producer.send({ messages: [{ topic, key: subjectKey, value: body }] });
      } catch (error) {
        throw causeIn(error, isRefusal) ? new RefusedForGoodError((error as Error).message) : error;
      }
    },
    async close() {
      await producer.close().catch(() => undefined);
    },
  };
}

/**
 * Brokers tell of others by names of their own. The library announces each connection before it is made, so that its
 * host can be looked up here and the connection be made to the address that was found to be allowed. With TLS the name
 * is needed, and the library hands our lookup on; addresses as such are looked at here.
 */
function guardConnections(
  producer: Producer<string, string, string, string>,
  { guard, isSecure }: { readonly guard: OutboundGuard; readonly isSecure: boolean },
): void {
  const pool: unknown = (producer as unknown as { connections: unknown }).connections;
  (pool as NodeJS.EventEmitter).on('connecting', ({ connection }: { connection: Connection }) => {
    const connect = Connection.prototype.connect.bind(connection) as ConnectTo;
    Object.assign(connection, {
      connect(host: string, port: number, callback: (error: Error | null) => void) {
        guard.resolve(host).then(({ address }) => connect(isSecure ? host : address, port, callback), callback);
      },
    });
  });
}

type ConnectTo = (host: string, port: number, callback: (error: Error | null) => void) => void;

const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'CORRUPT_MESSAGE']);

function isRefusal(error: unknown): boolean {
  return error instanceof ProtocolError && refusals.has(String((error as { apiId?: unknown }).apiId));
}

/** Whether an error, or one of those that it is made of, is such. */
function causeIn(error: unknown, isSuch: (error: unknown) => boolean): boolean {
  if (isSuch(error)) return true;
  const { errors, cause } = error as { errors?: unknown; cause?: unknown };
  if (Array.isArray(errors) && errors.some((inner) => causeIn(inner, isSuch))) return true;
  return cause instanceof Error && causeIn(cause, isSuch);
}
