import type { Clock } from '../foundation/clock.ts';
import type { Outcome, OutcomeSubscriber } from './outcome.ts';

export interface AccessLog {
  readonly observe: OutcomeSubscriber;
  /** Opens the file anew, after something has moved it away. */
  reopen(): void;
  /** Writes what is still in memory. */
  flush(): void;
}

/** Bytes of lines that wait for a reader who stands still; what comes then is dropped. */
const longestBacklog = 8 * 1024 * 1024;

/**
 * One JSON line a request, on standard output or appended to a file. Lines are gathered for a moment: a killed process
 * loses the last ones, an ended one none.
 */
export async function openAccessLog(destination: 'on' | (string & {}), clock: Clock): Promise<AccessLog> {
  const { default: pino } = await import('pino');
  const target = destination === 'on' ? 1 : destination;
  const stream = pino.destination({
    dest: target,
    append: true,
    mkdir: true,
    sync: false,
    minLength: 4096,
    maxLength: longestBacklog,
    periodicFlush: 500,
  });
  // A reader that went away, a full disk: requests go on without their log.
  stream.on('error', () => {});
  const log = pino({ base: null, timestamp: false }, stream);
  return {
    observe: (outcome: Outcome) =>
      log.info({ time: new Date(clock.now()).toISOString(), ...outcome, bucketLogs: undefined }),
    reopen: () => {
      if (destination !== 'on') stream.reopen();
    },
    flush: () => {
      try {
        stream.flushSync();
      } catch {}
    },
  };
}
