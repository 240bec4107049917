import type { Clock } from '../../foundation/clock.ts';

/** A reason of its own: making the usual one, an exception with its stack, costs more than all the rest. */
const enough = 'answered';

/** What `promised` answers, unless that takes too long. What it does afterwards interests nobody here. */
export async function withinTime<T>(
  promised: Promise<T>,
  { clock, milliseconds }: { readonly clock: Clock; readonly milliseconds: number },
): Promise<T> {
  const answered = new AbortController();
  const late = clock.sleep(milliseconds, answered.signal).then(() => {
    if (!answered.signal.aborted) throw new Error(`no answer within ${milliseconds / 1000} s`);
    return promised;
  });
  try {
    return await Promise.race([promised, late]);
  } finally {
    answered.abort(enough);
    late.catch(() => undefined);
  }
}
