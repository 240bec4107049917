import type { Told } from './run-scenario.ts';

/** Answers with what a program has told of the steps of a scenario, a line of JSON each. */
export function askOneByOne(output: string): () => Promise<Told> {
  const told = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
  return async () => told.shift() ?? { code: 'none', message: 'the program ended before' };
}
