import { type Command, InvalidArgumentError } from 'commander';
import type { DeadSummary, EventCommandContext } from '../../event-commands.ts';
import { table } from '../../table.ts';

interface Options {
  readonly target: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly limit?: number;
  readonly data?: string;
}

/** Most of a list that is still of use to people; `--limit` says otherwise. */
const shown = 100;

/** `events dead list`, `retry` and `drop`: one family, that names the same letters. */
export function eventsDead(parent: Command, context: EventCommandContext): void {
  const dead = parent.command('dead').description('Events that were given up: dead letters.');
  list(dead, context);
  act(dead, context, {
    name: 'retry',
    description: 'Put dead letters back into the queue of their target.',
    done: 'wait again',
    run: (events, target, ids) => events.retryDead(target, ids),
  });
  act(dead, context, {
    name: 'drop',
    description: 'Forget dead letters for good.',
    done: 'are dropped',
    run: (events, target, ids) => events.dropDead(target, ids),
  });
}

function list(parent: Command, { withEvents, print }: EventCommandContext): void {
  parent
    .command('list')
    .description('List the dead letters of a target, the oldest first.')
    .requiredOption('--target <name>', 'name of the target')
    .option('--limit <number>', 'how many', count, shown)
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ target, limit: most = shown, json, data }: Options) => {
      const letters: DeadSummary[] = [];
      await withEvents(data, async (events) => {
        for await (const letter of events.listDead(target)) {
          if (letters.length >= most) break;
          letters.push(letter);
        }
      });
      if (json) return print(JSON.stringify(letters));
      const rows = letters.map(({ id, type, bucket, key, at, reason }) => [id, at, type, `${bucket}/${key}`, reason]);
      print(table(['ID', 'TIME', 'EVENT', 'KEY', 'REASON'], rows));
    });
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

interface Action {
  readonly name: string;
  readonly description: string;
  readonly done: string;
  readonly run: (
    events: Parameters<Parameters<EventCommandContext['withEvents']>[1]>[0],
    target: string,
    ids: readonly string[] | undefined,
  ) => Promise<number>;
}

function act(
  parent: Command,
  { withEvents, print }: EventCommandContext,
  { name, description, done, run }: Action,
): void {
  const command = parent
    .command(name)
    .description(description)
    .argument('[ids...]', 'ids that the list shows')
    .requiredOption('--target <name>', 'name of the target')
    .option('--all', 'all of them')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (ids: readonly string[], { target, all, json, data }: Options) => {
      if (ids.length > 0 === (all === true)) command.error('error: give ids, or --all');
      const letters = await withEvents(data, (events) => run(events, target, all ? undefined : ids));
      print(json ? JSON.stringify({ letters }) : `${letters} dead letters ${done}`);
    });
}
