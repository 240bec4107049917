import type { WriteId } from './attempt.ts';
import type { ToldChange } from './key-state.ts';
import type { Plan } from './plan.ts';
import { bucketName } from './workload/answers.ts';

/** A message as a target has taken it. */
export interface TakenMessage {
  /** The same where it is delivered again. */
  readonly id: string;
  readonly body: string;
}

interface HeardEvent {
  readonly key: number;
  readonly name: string;
  readonly sequencer: string;
  readonly versionId: string | undefined;
  readonly etag: string | undefined;
}

const kinds: readonly (readonly [beginning: string, kind: ToldChange['kind']])[] = [
  ['ObjectCreated:', 'created'],
  ['ObjectRemoved:DeleteMarkerCreated', 'marked'],
  ['ObjectRemoved:Delete', 'removed'],
  ['ObjectTagging:', 'tagged'],
];

/** What a target was told, as somebody hears it who knows how to leave out what comes again. */
export class EventsHeard {
  readonly violations: string[] = [];
  repeated = 0;
  readonly #events: HeardEvent[] = [];

  constructor(messages: readonly TakenMessage[], plan: Plan) {
    const bodies = new Map<string, string>();
    for (const { id, body } of messages) {
      const known = bodies.get(id);
      if (known !== undefined && known !== body) this.violations.push(`event ${id} is told as another one: ${body}`);
      if (known !== undefined) this.repeated++;
      else this.#hear(body, plan);
      bodies.set(id, body);
    }
  }

  #hear(body: string, { keys }: Plan): void {
    const { eventName, s3 } = JSON.parse(body).Records[0];
    const name = decodeURIComponent(s3.object.key.replaceAll('+', ' '));
    const key = keys.findIndex((known) => bucketName(known.bucket) === s3.bucket.name && known.key === name);
    // Of objects that the check of the healed store makes.
    if (key < 0) return;
    const { versionId, sequencer, eTag: etag } = s3.object;
    const last = this.#events.findLast((event) => event.key === key);
    if (last && last.sequencer.padStart(64, '0') >= sequencer.padStart(64, '0')) {
      this.violations.push(`key ${key}: sequencer ${sequencer} (${eventName}) is told after ${last.sequencer}`);
    }
    this.#events.push({ key, name: eventName, sequencer, versionId, etag });
  }

  /** What was told of a key, in its order. */
  of(key: number, writeOfVersion: ReadonlyMap<string, WriteId>): ToldChange[] {
    return this.#events
      .filter((event) => event.key === key)
      .map(({ name, versionId = 'null', etag }) => {
        const kind = kinds.find(([beginning]) => name.startsWith(beginning))?.[1] ?? 'created';
        const version = versionId === 'null' ? 'null' : writeOfVersion.get(versionId);
        return { kind, version, etag: kind === 'created' ? etag : undefined };
      });
  }
}
