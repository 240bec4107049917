import type { EventTarget } from '../../../domain/events/event-target.ts';
import type { OutboundGuard } from '../../outbound/outbound-guard.ts';

/** An event as a target gets it. */
export interface EventMessage {
  /** JSON. */
  readonly body: string;
  /** `bucket/key`: what targets with partitions divide by. */
  readonly subjectKey: string;
  /** A UUID, the same when the event is delivered again. */
  readonly id: string;
}

/** An open connection to a target. Not used again once it has failed. */
export interface TargetConnection {
  /**
   * Resolves when the target says that it has taken the message. Rejects with RefusedForGoodError where the target will
   * never take this very message, and with anything else where another try may do. Several may be under way at once.
   */
  send(message: EventMessage): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** The target has understood the message, and will not take it. */
export class RefusedForGoodError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedForGoodError';
  }
}

/** The target has answered that it cannot take the message now; the connection is as good as before. */
export class NotNowError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotNowError';
  }
}

export interface OpenTarget {
  readonly target: EventTarget;
  /** A password or token. */
  readonly secret: string | undefined;
  readonly guard: OutboundGuard;
  readonly timeoutMilliseconds: number;
}

/** The host of a url, without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** The user that a url names, decoded. */
export function userOf(url: URL): string | undefined {
  return url.username === '' ? undefined : decodeURIComponent(url.username);
}

/**
 * Something that happens at most once to a connection: its end. Whoever waits for an answer must hear of it, since no
 * answer will come.
 */
export class ConnectionEnd {
  readonly #listeners = new Set<(error: Error) => void>();
  #error: Error | undefined;

  end(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    for (const listener of this.#listeners) listener(error);
    this.#listeners.clear();
  }

  /** What `waiting` answers, unless the connection ends before. */
  unlessEnded<T>(waiting: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#error !== undefined) return reject(this.#error);
      const onEnd = (error: Error) => reject(error);
      this.#listeners.add(onEnd);
      const done = () => this.#listeners.delete(onEnd);
      waiting(
        (value) => {
          done();
          resolve(value);
        },
        (error) => {
          done();
          reject(error);
        },
      );
    });
  }
}
