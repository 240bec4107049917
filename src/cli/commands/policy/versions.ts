import type { Command } from 'commander';
import { policyArn } from '../../remote/holder.ts';
import type { PolicyVersion } from '../../remote/iam-shapes.ts';
import { readGiven } from '../../remote/secret-output.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { RemoteServer, ServerContext } from '../../remote/server-context.ts';
import { usageFailure } from '../../remote/server-error.ts';
import { moment, table } from '../../table.ts';

interface Options {
  readonly add?: string;
  readonly setAsDefault?: boolean;
  readonly dropOldest?: boolean;
  readonly delete?: string;
}

/** A policy has no more versions than this. */
const mostVersions = 5;

export function policyVersions(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'versions')
    .description('List the versions of a policy, add one, or delete one.')
    .argument('<policy>', 'ARN or name of the policy')
    .option('--add <file>', 'make a version of this JSON; - reads standard input')
    .option('--set-as-default', 'with --add: it is in force at once')
    .option('--drop-oldest', 'with --add: where there are five, delete the oldest that is not in force')
    .option('--delete <version>', 'delete this version, such as v2')
    .action(
      answering<Options>(context, async ({ server, args: [name = ''], options }) => {
        const { add, delete: VersionId } = options;
        if (add === undefined && (options.setAsDefault || options.dropOldest)) {
          throw usageFailure('--set-as-default and --drop-oldest belong to --add.');
        }
        const PolicyArn = await policyArn(server, name);
        if (VersionId !== undefined) await server.call('iam', 'DeletePolicyVersion', { PolicyArn, VersionId });
        if (add !== undefined) {
          const PolicyDocument = readGiven(add);
          if (options.dropOldest) await dropOldest(server, PolicyArn);
          const SetAsDefault = options.setAsDefault ?? false;
          await server.call('iam', 'CreatePolicyVersion', { PolicyArn, PolicyDocument, SetAsDefault });
        }
        const versions = await versionsOf(server, PolicyArn);
        const rows = versions.map((version) => [
          version.VersionId,
          version.IsDefaultVersion ? 'default' : '-',
          moment(version.CreateDate),
        ]);
        return { json: versions, text: table(['VERSION', 'IN FORCE', 'CREATED'], rows) };
      }),
    );
}

function versionsOf(server: RemoteServer, PolicyArn: string): Promise<PolicyVersion[]> {
  return listed<PolicyVersion>(server, {
    action: 'ListPolicyVersions',
    list: 'Versions',
    parameters: { PolicyArn },
  });
}

async function dropOldest(server: RemoteServer, PolicyArn: string): Promise<void> {
  const versions = await versionsOf(server, PolicyArn);
  if (versions.length < mostVersions) return;
  const number = ({ VersionId }: PolicyVersion) => Number(VersionId.slice(1));
  const [oldest] = versions.filter((version) => !version.IsDefaultVersion).sort((a, b) => number(a) - number(b));
  await server.call('iam', 'DeletePolicyVersion', { PolicyArn, VersionId: oldest!.VersionId });
}
