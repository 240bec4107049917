import type { Command } from 'commander';
import { chooseServer } from '../../profiles/choose-server.ts';
import { profileFilesOf, readProfiles } from '../../profiles/profile-files.ts';
import { withServerOptions } from '../../remote/server-command.ts';
import type { ServerContext, ServerOptions } from '../../remote/server-context.ts';
import { fields } from '../../table.ts';

export function profileShow(parent: Command, { environment, note, print }: ServerContext): void {
  withServerOptions(parent.command('show'))
    .description('Show which server and which credentials a command would use, and where that is from; no secrets.')
    .option('--json', 'print JSON')
    .action(({ json, ...options }: ServerOptions & { json?: boolean }) => {
      const { credentials, roles, ...chosen } = chooseServer(
        options,
        environment,
        readProfiles(profileFilesOf(environment), note),
      );
      const shown = {
        ...chosen,
        accessKeyId: credentials.accessKeyId,
        isTemporary: credentials.sessionToken !== undefined,
        roles: roles.map(({ roleArn }) => roleArn),
      };
      const text = fields([
        ['Profile', chosen.profile],
        ['Endpoint', chosen.endpoint],
        ['Region', chosen.region],
        ['Certificates', chosen.caFile],
        ['Credentials', `${credentials.accessKeyId} (${chosen.source})`],
        ['Roles', shown.roles.length === 0 ? undefined : shown.roles.join(', then ')],
      ]);
      print(json ? JSON.stringify(shown, undefined, 2) : text);
    });
}
