import type { Command } from 'commander';
import { profileFilesOf, readProfiles } from '../../profiles/profile-files.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { table } from '../../table.ts';
import { profileJson } from './profile-json.ts';

export function profileList(parent: Command, { environment, note, print, terminal }: ServerContext): void {
  parent
    .command('list')
    .description('List the profiles of ~/.aws and of ~/.config/cairn/config.toml; secrets are not shown.')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => {
      const profiles = [...readProfiles(profileFilesOf(environment), note).all.values()];
      const rows = profiles.map((profile) => [
        profile.name,
        profile.endpoint ?? '-',
        profile.roleArn ?? profile.accessKeyId ?? '-',
        profile.from.join(', '),
      ]);
      const titles = ['PROFILE', 'ENDPOINT', 'ACCESS KEY OR ROLE', 'FROM'];
      print(json ? JSON.stringify(profiles.map(profileJson), undefined, 2) : table(titles, rows, terminal.width));
    });
}
