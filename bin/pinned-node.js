import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { compileCacheDirectory } from './compile-cache.js';

/** The oldest Node.js that runs the sources as they are. */
export const neededMajor = 26;

export function runsSources() {
  return Number(process.versions.node.split('.')[0]) >= neededMajor;
}

/** Path of the runtime that the npm package `node` pins, or undefined where it is not installed. */
export function findPinnedNode() {
  try {
    const manifestPath = createRequire(import.meta.url).resolve('node/package.json');
    const path = join(dirname(manifestPath), JSON.parse(readFileSync(manifestPath, 'utf8')).bin.node);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs the pinned Node.js with these arguments on the same terminal, hands signals on, and ends as it ends. With
 * `leash` the child holds an IPC channel to this process: its closing tells the child of a death that sends no signal.
 */
export function runPinnedNode(nodeArguments, { leash }) {
  const pinned = runsSources() ? process.execPath : findPinnedNode();
  if (pinned === undefined) {
    process.stderr.write(
      `cairn: needs Node.js ${neededMajor}; this is ${process.version}, and the runtime that npm installs beside Cairn is missing. Run "npm ci" in ${dirname(import.meta.dirname ?? '.')} with install scripts allowed.\n`,
    );
    process.exit(1);
  }
  const cache = compileCacheDirectory();
  const child = spawn(pinned, nodeArguments, {
    stdio: ['inherit', 'inherit', 'inherit', ...(leash ? ['ipc'] : [])],
    env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) },
  });
  const signals = process.platform === 'win32' ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`cairn: cannot run ${pinned}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    // A signal that this process survives (it may be ignored) still ends it, with the code a shell would report.
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
  });
}
