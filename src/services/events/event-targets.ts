import { StorageError } from '../../domain/errors.ts';
import { checkEventTarget, type EventTarget, targetRules } from '../../domain/events/event-target.ts';
import { s3TestMessage } from '../../domain/events/s3-message.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { eventQueueOf } from '../../records/event-record.ts';
import { type EventTargetRecord, eventTargetRecordType, secretOwner } from '../../records/event-target-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { type RecordReader, readRecord, writeRecord } from '../../records/record-type.ts';
import { keepAccountIfThere } from '../identity/account/keep-account.ts';
import type { SecretBox } from '../identity/secret-box.ts';
import { type QueueNumbers, queueNumbers } from './event-queue.ts';
import type { OpenTarget, TargetConnection } from './targets/target-connection.ts';
import { withinTime } from './within-time.ts';

export function findEventTarget(reader: RecordReader, name: string): Promise<EventTargetRecord | undefined> {
  return readRecord(reader, eventTargetRecordType, keyspace.eventTarget(name));
}

/** Whether buckets of the account may name the target. */
export function isTargetFor({ accountIds }: Pick<EventTarget, 'accountIds'>, accountId: string): boolean {
  return accountIds.length === 0 || accountIds.includes(accountId);
}

export interface EventTargetsContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: SecretBox;
}

/** The most that there may be: each is looked at often. */
const targetLimit = 1000;

/** What the operator does with targets of events. */
export class EventTargets {
  readonly #context: EventTargetsContext;

  constructor(context: EventTargetsContext) {
    this.#context = context;
  }

  /** A password in the url is taken out of it, and sealed. Throws InvalidArgument where there is such a target already. */
  async add(
    target: EventTarget,
    { secret, replace }: { secret?: string | undefined; replace?: boolean },
  ): Promise<void> {
    checkEventTarget(target);
    const { metadata, clock, random, secrets } = this.#context;
    const { url, password } = withoutPassword(target.url);
    const kept = secret ?? password;
    const record: EventTargetRecord = {
      ...target,
      url,
      sealedSecret: kept === undefined ? undefined : secrets.seal(kept, secretOwner(target.name)),
      token: random.bytes(8).toString('hex'),
      createdAt: clock.now(),
    };
    const others = await this.list();
    await metadata.transact(async (tx) => {
      const key = keyspace.eventTarget(target.name);
      const before = await readRecord(tx, eventTargetRecordType, key);
      if (before && !replace) {
        throw new StorageError('InvalidArgument', {
          message: `there is a target ${target.name} already: --replace changes it`,
        });
      }
      if (!before && others.length >= targetLimit) {
        throw new StorageError('InvalidArgument', { message: `there are ${targetLimit} targets already` });
      }
      for (const accountId of new Set(target.accountIds)) await keepAccountIfThere(tx, accountId);
      writeRecord(
        tx,
        { type: eventTargetRecordType, key },
        { ...record, createdAt: before?.createdAt ?? record.createdAt },
      );
    });
  }

  async list(): Promise<readonly EventTargetRecord[]> {
    const found: EventTargetRecord[] = [];
    for (;;) {
      const entries = await this.#context.metadata.range(spans.eventTargets(found.at(-1)?.name, 100));
      found.push(...entries.map(({ value }) => eventTargetRecordType.decode(value)));
      if (entries.length < 100) return found;
    }
  }

  /** Throws InvalidArgument where there is none. */
  async get(name: string): Promise<EventTargetRecord> {
    const record = await findEventTarget(this.#context.metadata, name);
    if (!record)
      throw new StorageError('InvalidArgument', { message: `there is no target ${name}: see cairn target list` });
    return record;
  }

  /** What waits for it goes on waiting, for as long as events wait for a target that takes none. */
  async remove(name: string): Promise<void> {
    await this.get(name);
    await this.#context.metadata.transact((tx) => tx.delete(keyspace.eventTarget(name)));
  }

  numbers(name: string): Promise<QueueNumbers> {
    return queueNumbers(this.#context, eventQueueOf(name));
  }

  secretOf({ name, sealedSecret }: EventTargetRecord): string | undefined {
    return sealedSecret && this.#context.secrets.open(Buffer.from(sealedSecret), secretOwner(name));
  }

  /** Sends S3's test event to a target, at once. Rejects where it does not take it. */
  async test(
    name: string,
    { open, guard, timeoutMilliseconds }: Pick<OpenTarget, 'guard' | 'timeoutMilliseconds'> & { open: Opener },
  ): Promise<void> {
    const { clock, random } = this.#context;
    const target = await this.get(name);
    const opening = open({ target, secret: this.secretOf(target), guard, timeoutMilliseconds });
    // A connection that comes too late is closed all the same.
    const connection = await withinTime(opening, { clock, milliseconds: timeoutMilliseconds }).catch(
      (error: unknown) => {
        opening.then((late) => late.close()).catch(() => undefined);
        throw error;
      },
    );
    try {
      const body = s3TestMessage({ bucket: '', at: clock.now(), requestId: undefined });
      const id = random
        .bytes(16)
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
      await withinTime(connection.send({ body, subjectKey: '', id }), { clock, milliseconds: timeoutMilliseconds });
    } finally {
      await connection.close();
    }
  }
}

export type Opener = (open: OpenTarget) => Promise<TargetConnection>;

function withoutPassword(text: string): { readonly url: string; readonly password: string | undefined } {
  const url = new URL(text);
  const password = url.password === '' ? undefined : decodeURIComponent(url.password);
  url.password = '';
  return { url: url.href, password };
}

/** Names of the options of each type, for help texts. */
export function optionsHelp(): string {
  return Object.entries(targetRules)
    .map(([type, { protocols, options }]) => {
      const lines = Object.entries(options).map(
        ([option, { required, says }]) => `    ${option}${required ? ' (needed)' : ''}: ${says}`,
      );
      return [`  ${type}: ${protocols.map((protocol) => `${protocol}//…`).join(' or ')}`, ...lines].join('\n');
    })
    .join('\n');
}
