import { systemClock } from '../foundation/clock.ts';
import type { Settings } from '../settings.ts';
import { createLogger, type OperatorLogger } from '../telemetry/logger.ts';
import type { Assignment, Order, Report } from './messages.ts';

/**
 * What every child of the primary does alike: it obeys the primary alone (a terminal or a service manager signals the
 * whole group, and then the primary decides), and it ends at once when the primary is gone.
 */
export function joinPrimary(onOrder: (order: Exclude<Order, { type: 'start' }>) => void): Promise<Assignment> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  // Not `process.exit`: it waits for threads of native modules, and hung now and then (seen in 2026-11), with the port taken.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  return new Promise((resolve) => {
    process.on('message', (order: Order) => {
      if (order.type === 'start') resolve(order.assignment);
      else onOrder(order);
    });
  });
}

export function processLogger(settings: Settings, role: string): OperatorLogger {
  const format = settings.logFormat === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : settings.logFormat;
  const fields = format === 'text' ? { role } : { role, pid: process.pid };
  return createLogger({ level: settings.logLevel, format, clock: systemClock, fields });
}

/** A defect must not leave a process half alive: it says why and ends, and the primary starts another. */
export function endOnDefect(logger: OperatorLogger): void {
  const end = (error: unknown) => {
    logger.error({ err: error instanceof Error ? error : new Error(String(error)) }, 'a defect ends this process');
    logger.flush();
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

/** Tells the primary in one line why this process cannot start, and ends. */
export async function failStart(error: unknown): Promise<never> {
  const line = error instanceof Error ? error.message : String(error);
  await new Promise<void>((sent) => {
    if (process.send === undefined) sent();
    else process.send({ type: 'failed', line } satisfies Report, undefined, undefined, () => sent());
  });
  process.exit(1);
}
