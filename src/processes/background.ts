import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { RequestMetrics } from '../telemetry/metrics.ts';
import { endOnDefect, failStart, joinPrimary, processLogger } from './child-process.ts';
import { report } from './messages.ts';
import type { Composition } from './server-composition.ts';

/** The process that does what no request waits for, so that none is delayed by it. */
export async function runBackground(composition: Composition): Promise<void> {
  const stopping = new AbortController();
  const metrics = new RequestMetrics();
  const assignment = await joinPrimary((order) => {
    if (order.type === 'drain') stopping.abort();
    else if (order.type === 'measure') {
      const { question } = order;
      void metrics.snapshot().then((snapshot) => report({ type: 'snapshot', question, snapshot }));
    }
  });
  const { settings, root, serverStartedAt } = assignment;
  const logger = processLogger(settings, 'background');
  endOnDefect(logger);
  const masterKey = Buffer.from(assignment.masterKey, 'hex');
  const context = { settings, root, serverStartedAt, masterKey, clock: systemClock, random: systemRandom(), logger };
  try {
    const work = await composition.loadBackground();
    await work(context, stopping.signal);
  } catch (error) {
    await failStart(error);
  }
  logger.flush();
  process.exit(0);
}
