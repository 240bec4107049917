import type { Argument, Command, Option } from 'commander';

/** One thing that may stand next on the line. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What is to stand next: words of the tree of commands, or the name of something that has to be looked up. */
export type Wanted =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  /** `user`, `role` … as arguments and options call their values; anything else is left to the shell: files. */
  | { readonly kind: 'name'; readonly of: string };

/** What may follow on `words`, of which the last is still being typed. `given` has the options that stand there already. */
export function wantedNext(
  program: Command,
  words: readonly string[],
): { readonly wanted: Wanted; readonly given: Readonly<Record<string, string>> } {
  const typed = words.at(-1) ?? '';
  let command = program;
  let positional = 0;
  let awaited: Option | undefined;
  const given: Record<string, string> = {};
  for (const word of words.slice(0, -1)) {
    if (awaited !== undefined) {
      given[awaited.attributeName()] = word;
      awaited = undefined;
      continue;
    }
    if (word.startsWith('-') && word !== '-') {
      const [name = '', value] = splitAtFirst(word);
      const option = optionOf(command, name);
      if (option && value !== undefined) given[option.attributeName()] = value;
      else if (option?.required) awaited = option;
      continue;
    }
    const next = subcommand(command, word);
    if (next) {
      command = next;
      positional = 0;
    } else positional++;
  }
  if (awaited !== undefined) return { wanted: wantedBy(awaited), given };
  if (typed.startsWith('-')) return { wanted: { kind: 'words', candidates: optionsOf(command) }, given };
  if (command.commands.length > 0 && positional === 0)
    return { wanted: { kind: 'words', candidates: commandsOf(command) }, given };
  const argument = command.registeredArguments[positional] ?? variadic(command);
  return { wanted: argument ? wantedBy(argument) : { kind: 'words', candidates: [] }, given };
}

const splitAtFirst = (word: string): string[] => {
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
};

const optionOf = (command: Command, name: string): Option | undefined =>
  command.options.find(({ short, long }) => short === name || long === name);

const subcommand = (command: Command, name: string): Command | undefined =>
  command.commands.find((each) => each.name() === name || each.aliases().includes(name));

const variadic = ({ registeredArguments }: Command): Argument | undefined =>
  registeredArguments.at(-1)?.variadic ? registeredArguments.at(-1) : undefined;

function wantedBy(of: Option | Argument): Wanted {
  if (of.argChoices) {
    return { kind: 'words', candidates: of.argChoices.map((value) => ({ value, description: '' })) };
  }
  const name = 'flags' in of ? (/<([^>]+)>/.exec(of.flags)?.[1] ?? '') : of.name();
  return { kind: 'name', of: name };
}

function optionsOf(command: Command): readonly Candidate[] {
  const own = command.options.filter(({ hidden }) => !hidden);
  const all = own.map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
  return [...all, { value: '--help', description: 'display help for command' }];
}

function commandsOf(command: Command): readonly Candidate[] {
  const all = command.commands.map((each) => ({ value: each.name(), description: firstSentence(each.description()) }));
  return [...all, { value: 'help', description: 'display help for command' }];
}

const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
