import { type ChildProcess, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { roles } from './messages.ts';

/** The script that this process runs: children run the same, in another role. */
const entry = () => process.argv[1]!;

/**
 * In MiB, from the start and for good: what requests leave behind dies young, and is collected less often. With 32 the
 * buffers of bodies come to be reused too late (GET of 64 KiB at half the speed, measured 2026-11-21).
 */
const youngGeneration = ['--min-semi-space-size=16', '--max-semi-space-size=16'];

/** Starts a process that serves requests. It loads the program and then waits for its assignment. */
export function spawnWorker(): ChildProcess {
  // Each worker accepts for itself: no request crosses a process border.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: entry(), args: [roles.worker], execArgv: [...process.execArgv, ...youngGeneration] });
  const worker = cluster.fork();
  // The supervisor listens to the process itself. cluster repeats its errors, which without a listener would end us.
  worker.on('error', () => {});
  return worker.process;
}

export function spawnBackground(): ChildProcess {
  return fork(entry(), [roles.background]);
}
