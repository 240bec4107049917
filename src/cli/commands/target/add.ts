import { type Command, InvalidArgumentError } from 'commander';
import { type TargetType, targetTypes } from '../../../domain/events/event-target.ts';
import { optionsHelp } from '../../../services/events/event-targets.ts';
import type { EventCommandContext } from '../../event-commands.ts';
import { givenSecret } from '../../given-secret.ts';

interface Options {
  readonly type: TargetType;
  readonly url: string;
  readonly option?: Readonly<Record<string, string>>;
  readonly account?: readonly string[];
  readonly secretFile?: string;
  readonly replace?: boolean;
  readonly json?: boolean;
  readonly data?: string;
}

export function targetAdd(parent: Command, { withEvents, print }: EventCommandContext): void {
  parent
    .command('add')
    .description('Add a target that buckets may send events to.')
    .argument('<name>', 'name, the last part of its ARN; eventbridge gets what buckets send to EventBridge')
    .requiredOption('--type <type>', targetTypes.join(', '), targetType)
    .requiredOption('--url <url>', 'where it is; a password in it is kept sealed, but belongs in --secret-file')
    .option('--option <name=value>', 'an option of its type, see below; may be given several times', option)
    .option('--account <id>', 'only buckets of this account may name it; may be given several times', list)
    .option('--secret-file <file>', 'file with its password or token; - reads standard input')
    .option('--replace', 'change a target that is there already')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .addHelpText('after', `\nTypes, their urls and options:\n${optionsHelp()}`)
    .action(async (name: string, { type, url, secretFile, replace, json, data, ...given }: Options) => {
      const secret = givenSecret({ secretFile });
      const { option: options = {}, account: accountIds = [] } = given;
      const arns = await withEvents(data, async (events) => {
        await events.addTarget({ name, type, url, options, accountIds }, { secret, replace: replace === true });
        return events.arnsOf(name, type);
      });
      if (json) return print(JSON.stringify({ name, arns }));
      print([`Target ${name}. Buckets name it as one of`, ...arns.map((arn) => `  ${arn}`)].join('\n'));
    });
}

function targetType(text: string): TargetType {
  const type = targetTypes.find((known) => known === text);
  if (type === undefined) throw new InvalidArgumentError(`It must be one of ${targetTypes.join(', ')}.`);
  return type;
}

function option(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('It must be such as topic=events.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function list(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
