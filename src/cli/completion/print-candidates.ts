import type { Command } from 'commander';
import type { ServerContext } from '../remote/server-context.ts';
import { type Candidate, wantedNext } from './complete.ts';
import { knownNames } from './known-names.ts';

/** A line for each thing that may come next: the word, a tab, and what it is. */
export async function printCandidates(
  program: Command,
  words: readonly string[],
  context: ServerContext,
): Promise<void> {
  const { wanted, given } = wantedNext(program, words);
  const typed = words.at(-1) ?? '';
  const all: readonly Candidate[] =
    wanted.kind === 'words' ? wanted.candidates : await knownNames(wanted.of, given, context);
  const lines = all
    .filter(({ value }) => value.startsWith(typed) && !/\p{Cc}/u.test(value))
    .map(({ value, description }) => `${value}\t${description.replace(/\p{Cc}/gu, ' ')}`);
  if (lines.length > 0) context.print(lines.join('\n'));
}
