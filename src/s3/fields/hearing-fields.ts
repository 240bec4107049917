import { invalidArgument } from '../../domain/errors.ts';
import { notificationLimits, readEventPattern } from '../../domain/events/notification.ts';
import type { Hearing } from '../../services/events/live-events.ts';
import type { Field } from './field.ts';

/** What a listener wants to hear: `events`, any number of times, `prefix` and `suffix`. */
export const hearing: Field<Hearing> = {
  name: 'events, prefix, suffix',
  read({ query }) {
    const events = query.entries.flatMap(([name, value]) => (name === 'events' ? [value] : []));
    if (events.length > notificationLimits.rules) throw invalidArgument('Too many events', 'events', '');
    const [prefix, suffix] = [query.get('prefix') ?? '', query.get('suffix') ?? ''];
    for (const [name, value] of [
      ['prefix', prefix],
      ['suffix', suffix],
    ] as const) {
      if (Buffer.byteLength(value) <= notificationLimits.filterBytes) continue;
      throw invalidArgument('Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation', name, '');
    }
    return { events: events.map(readEventPattern), prefix, suffix };
  },
};
