import type { Command } from 'commander';
import { type DeleteOptions, deleteWith, deletion } from '../../remote/delete-with.ts';
import { policyArn, type Removal } from '../../remote/holder.ts';
import type { PolicyVersion } from '../../remote/iam-shapes.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { RemoteServer, ServerContext } from '../../remote/server-context.ts';

export function policyDelete(parent: Command, context: ServerContext): void {
  deletion(serverCommand(parent, 'delete'))
    .description('Delete a policy. With --recursive it is detached everywhere, and its other versions go, first.')
    .argument('<policy>', 'ARN or name of the policy')
    .action(
      answering<DeleteOptions>(context, async ({ server, args: [name = ''], options }) => {
        const PolicyArn = await policyArn(server, name);
        return deleteWith(context, options, {
          what: `the policy ${PolicyArn}`,
          removals: async () => [
            ...(await detachments(server, PolicyArn, 'PermissionsPolicy')),
            ...(await detachments(server, PolicyArn, 'PermissionsBoundary')),
            ...(await otherVersions(server, PolicyArn)),
          ],
          remove: () => server.call('iam', 'DeletePolicy', { PolicyArn }),
        });
      }),
    );
}

const kinds = ['User', 'Group', 'Role'] as const;

async function detachments(
  server: RemoteServer,
  PolicyArn: string,
  PolicyUsageFilter: 'PermissionsPolicy' | 'PermissionsBoundary',
): Promise<readonly Removal[]> {
  const removals: Removal[] = [];
  const parameters = { PolicyArn, PolicyUsageFilter };
  for await (const page of server.pages<Record<string, readonly Record<string, string>[] | undefined>>(
    'iam',
    'ListEntitiesForPolicy',
    parameters,
  )) {
    for (const kind of kinds) {
      for (const entity of page[`Policy${kind}s`] ?? []) {
        const holder = { [`${kind}Name`]: entity[`${kind}Name`] };
        const from = `the ${kind.toLowerCase()} ${entity[`${kind}Name`]}`;
        removals.push(
          PolicyUsageFilter === 'PermissionsPolicy'
            ? {
                what: `detach it from ${from}`,
                remove: () => server.call('iam', `Detach${kind}Policy`, { ...holder, PolicyArn }),
              }
            : {
                what: `take it off as the boundary of ${from}, which may do more then`,
                remove: () => server.call('iam', `Delete${kind}PermissionsBoundary`, holder),
              },
        );
      }
    }
  }
  return removals;
}

async function otherVersions(server: RemoteServer, PolicyArn: string): Promise<readonly Removal[]> {
  const parameters = { PolicyArn };
  const versions = await listed<PolicyVersion>(server, { action: 'ListPolicyVersions', list: 'Versions', parameters });
  return versions
    .filter(({ IsDefaultVersion }) => !IsDefaultVersion)
    .map(({ VersionId }) => ({
      what: `delete its version ${VersionId}`,
      remove: () => server.call('iam', 'DeletePolicyVersion', { PolicyArn, VersionId }),
    }));
}
