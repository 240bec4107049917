import type { Clock } from '../../foundation/clock.ts';

/** One body whose client is watched. */
export interface IdleEntry {
  /** The client sent something, or is waited for again after `suspend`. */
  touch(): void;
  /** It is us who are busy, not the client. */
  suspend(): void;
  stop(): void;
}

/** Notices clients that fall silent in the middle of a body. */
export interface IdleWatch {
  /** Calls `onIdle` once when nothing was heard for the time allowed; the watch on this body then ends. */
  watch(onIdle: () => void): IdleEntry;
}

export interface IdleWatchOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  /** How long a client may be silent, in milliseconds. It may get away with an eighth more. */
  readonly idleMilliseconds: number;
}

const ticksAllowed = 8;

/**
 * One timer for all bodies of a process, and none while there are no bodies: a body costs two operations on a set, a
 * piece of it an assignment. Time is counted in ticks, so that a process that was itself held up blames nobody.
 */
export function createIdleWatch({ clock, idleMilliseconds }: IdleWatchOptions): IdleWatch {
  const entries = new Set<WatchedBody>();
  let now = 0;
  let isTicking = false;
  const tick = async () => {
    isTicking = true;
    while (entries.size > 0) {
      await clock.sleep(idleMilliseconds / ticksAllowed);
      now++;
      for (const entry of entries) {
        if (now - entry.heard <= ticksAllowed) continue;
        entries.delete(entry);
        entry.onIdle();
      }
    }
    isTicking = false;
  };
  class WatchedBody implements IdleEntry {
    heard = now;
    readonly onIdle: () => void;
    constructor(onIdle: () => void) {
      this.onIdle = onIdle;
    }
    touch() {
      this.heard = now;
    }
    suspend() {
      this.heard = Number.POSITIVE_INFINITY;
    }
    stop() {
      entries.delete(this);
    }
  }
  return {
    watch(onIdle) {
      const entry = new WatchedBody(onIdle);
      entries.add(entry);
      if (!isTicking) void tick();
      return entry;
    },
  };
}
