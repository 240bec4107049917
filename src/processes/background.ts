import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { EventMetrics } from '../telemetry/event-metrics.ts';
import { RequestMetrics } from '../telemetry/metrics.ts';
import { ReplicationMetrics } from '../telemetry/replication-metrics.ts';
import { endOnDefect, failStart, joinPrimary, processLogger } from './child-process.ts';
import { report } from './messages.ts';
import type { Composition } from './server-composition.ts';

/** The process that does what no request waits for, so that none is delayed by it. */
export async function runBackground(composition: Composition): Promise<void> {
  const stopping = new AbortController();
  const metrics = new RequestMetrics();
  const eventMetrics = new EventMetrics();
  const replicationMetrics = new ReplicationMetrics();
  const assignment = await joinPrimary((order) => {
    if (order.type === 'drain') stopping.abort();
    else if (order.type === 'measure') {
      const { question } = order;
      // The store may be closed by now; the rest is told all the same.
      const replication = replicationMetrics.snapshot().catch(() => []);
      void Promise.all([metrics.snapshot(), replication]).then(([ofProcess, ofReplication]) => {
        report({ type: 'snapshot', question, snapshot: [...ofProcess, ...eventMetrics.snapshot(), ...ofReplication] });
      });
    }
  });
  const { settings, root, serverStartedAt } = assignment;
  const logger = processLogger(settings, 'background');
  endOnDefect(logger);
  const masterKey = Buffer.from(assignment.masterKey, 'hex');
  const parts = { settings, root, serverStartedAt, masterKey, logger, eventMetrics, replicationMetrics };
  const context = { ...parts, clock: systemClock, random: systemRandom() };
  try {
    const work = await composition.loadBackground();
    await work(context, stopping.signal);
  } catch (error) {
    await failStart(error);
  }
  logger.flush();
  process.exit(0);
}
