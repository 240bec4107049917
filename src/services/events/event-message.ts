import { eventBridgeMessage } from '../../domain/events/event-bridge-message.ts';
import { s3Message, s3TestMessage } from '../../domain/events/s3-message.ts';
import type { WaitingEvent } from './event-queue.ts';
import type { EventMessage } from './targets/target-connection.ts';

/** What a target gets of an event that waits. */
export function messageOf({ place, record }: Pick<WaitingEvent, 'place' | 'record'>): EventMessage {
  const { event, format, configurationId } = record;
  const id = uuidOf(place);
  const subjectKey = event.key === '' ? event.bucket : `${event.bucket}/${event.key}`;
  const body =
    format === 'test'
      ? s3TestMessage(event)
      : format === 'event-bridge'
        ? eventBridgeMessage(event, id)
        : s3Message(event, configurationId);
  return { body, subjectKey, id };
}

/** Made of the place that an event has in its queue: the same however often it is delivered. */
function uuidOf({ lane, sequence, id }: WaitingEvent['place']): string {
  const hex = sequence.toString(16).padStart(14, '0') + lane.toString(16).padStart(2, '0') + id;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
