import assert from 'node:assert/strict';
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Wish, Word } from './dying-server.ts';

const script = fileURLToPath(new URL('./dying-server.ts', import.meta.url));

export interface ForkedServer {
  readonly child: ChildProcess;
  readonly url: string;
  /** Answers the points that were passed. Rejects with what the server said, where it dies meanwhile. */
  ask(wish: Wish): Promise<readonly string[]>;
}

/** Starts the server that dies, and waits until it listens. Rejects with what it said, where it ends before that. */
export async function forkServer(parameters: readonly string[], options: ForkOptions): Promise<ForkedServer> {
  const child = fork(script, parameters, { ...options, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const nextWord = () =>
    new Promise<Word>((resolve, reject) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) =>
        settle(() => reject(new Error(`the server ended (${signal ?? code}): ${said}`)));
      const failed = (error: Error) => settle(() => reject(error));
      const spoke = (word: Word) => settle(() => resolve(word));
      const settle = (end: () => void) => {
        child.off('close', ended).off('error', failed).off('message', spoke);
        end();
      };
      // Not at its exit: what it said last is read by then only.
      child.once('close', ended).once('error', failed).once('message', spoke);
    });
  const first = await nextWord();
  assert.ok(first.type === 'listening');
  return {
    child,
    url: first.url,
    async ask(wish) {
      const answer = nextWord();
      child.send(wish);
      const word = await answer;
      return word.type === 'done' ? word.points : [];
    },
  };
}
