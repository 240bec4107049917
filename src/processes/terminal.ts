import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Terminal } from '../cli/remote/server-context.ts';
import { RemoteFailure } from '../cli/remote/server-error.ts';

/** The terminal that the program runs in. Questions go to standard error: standard output may be piped on. */
export const processTerminal: Terminal = {
  get width() {
    return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
  },
  get isInteractive() {
    return process.stdin.isTTY === true && process.stderr.isTTY === true;
  },
  async ask(question) {
    return answered(createInterface({ input: process.stdin, output: process.stderr, terminal: true }), question);
  },
  async askSecret(question) {
    process.stderr.write(question);
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
    try {
      return await answered(lines, '');
    } finally {
      process.stderr.write('\n');
    }
  },
};

/** Whoever presses Ctrl-C, or ends the input, answers nothing: readline itself would wait for ever then. */
async function answered(lines: Interface, question: string): Promise<string> {
  const { promise: left, reject } = Promise.withResolvers<never>();
  lines.once('close', () => reject(new RemoteFailure('Nothing was done.')));
  try {
    return await Promise.race([lines.question(question), left]);
  } finally {
    left.catch(() => undefined);
    lines.close();
  }
}
