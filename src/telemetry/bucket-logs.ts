import { accessLogLine } from '../domain/access-log-line.ts';
import type { AccessLogSpool } from '../services/access-logs/access-log-spool.ts';
import type { OutcomeSubscriber } from './outcome.ts';

/** Writes outcomes into the access logs of the buckets that keep one. */
export function bucketLogs(spool: Pick<AccessLogSpool, 'append'>): OutcomeSubscriber {
  return (outcome) => {
    if (outcome.bucketLogs === undefined) return;
    for (const { bucketId, source, logging, entry } of outcome.bucketLogs) {
      spool.append({ bucketId, source, logging, eventAt: entry.receivedAt, line: accessLogLine(entry) });
    }
  };
}
