import type { LiveStream } from '../services/events/live-events.ts';
import type { Reply } from '../wire/reply.ts';

/** Lines of JSON for as long as somebody listens. */
export function liveReply(stream: LiveStream): Reply {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    body: { length: undefined, pour: (sink) => stream.pour(sink), close: () => stream.close() },
  };
}
