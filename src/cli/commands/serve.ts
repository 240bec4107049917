import type { Command } from 'commander';
import { environmentNameOf, flagOf, type Setting, settingGroups, settingNames, settingTable } from '../../settings.ts';

/** Only describes: a start does not come past here, so as not to wait for the command parser. */
export function serve(program: Command): void {
  program
    .command('serve')
    .description('Start the server.')
    .usage('[settings]')
    .configureHelp({ visibleOptions: () => [] })
    .addHelpText('after', `\n${settingsHelp()}`);
}

function settingsHelp(): string {
  const groups = settingGroups.map((group) => {
    const ofGroup = settingNames.filter((name) => settingTable[name].group === group);
    const entries = ofGroup.map((name) => {
      const setting: Setting<unknown> = settingTable[name];
      const fallback = setting.fallbackDoc ?? setting.fallback ?? 'none';
      return `  ${flagOf(name)} <value>   ${environmentNameOf(name)}\n      ${setting.doc}\n      Allowed: ${setting.allowed}. Default: ${fallback}.`;
    });
    return `${group}\n${entries.join('\n')}`;
  });
  const order =
    'Every setting is a flag, an environment variable, and (without the hyphens in front) a key of the configuration\nfile, in this order of rank.';
  return `${order}\n\n${groups.join('\n\n')}\n`;
}
