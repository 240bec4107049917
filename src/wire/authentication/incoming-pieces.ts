import type { Readable } from 'node:stream';
import { StorageError } from '../../domain/errors.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { IdleWatch } from './idle-watch.ts';

/**
 * Hands every piece of a stream to `take`, the next one when the promise of the one before has resolved. Rejects with
 * IncompleteBody when the client vanishes, with RequestTimeout when it falls silent, and with whatever `take` throws,
 * but never while `take` is at work. After a rejection nothing is taken any more and the rest of the stream stays
 * unread; what becomes of the connection is the transport's business.
 *
 * Events instead of an async iterator, which costs a small body more than all else that is done to it. Listeners stay
 * on the stream, deaf, so that a late error of a broken connection meets one.
 */
export function takePieces(
  incoming: Readable,
  idle: IdleWatch,
  take: (piece: Buffer) => MaybePromise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (incoming.destroyed || incoming.readableEnded) return reject(new StorageError('IncompleteBody'));
    let isSettled = false;
    let isTaking = false;
    let hasEnded = false;
    let failure: unknown;
    const fail = (error: unknown) => {
      if (isSettled) return;
      failure ??= error;
      if (isTaking) return;
      isSettled = true;
      entry.stop();
      incoming.pause();
      reject(failure);
    };
    // A stream that was paused at its last piece says that it has ended all the same.
    const finish = () => {
      hasEnded = true;
      if (isSettled || isTaking) return;
      isSettled = true;
      entry.stop();
      resolve();
    };
    const taken = () => {
      isTaking = false;
      if (failure !== undefined) return fail(failure);
      if (hasEnded) return finish();
      entry.touch();
      incoming.resume();
    };
    const notTaken = (error: unknown) => {
      isTaking = false;
      fail(error);
    };
    const entry = idle.watch(() => fail(new StorageError('RequestTimeout')));
    incoming.on('error', (cause) => fail(new StorageError('IncompleteBody', { cause })));
    incoming.on('close', () => {
      if (!hasEnded) fail(new StorageError('IncompleteBody'));
    });
    incoming.on('end', finish);
    incoming.on('data', (piece: Buffer) => {
      if (isSettled || failure !== undefined) return;
      try {
        const pending = take(piece);
        if (!pending) return entry.touch();
        isTaking = true;
        entry.suspend();
        incoming.pause();
        pending.then(taken, notTaken);
      } catch (error) {
        fail(error);
      }
    });
  });
}
