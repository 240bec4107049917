import type { Command } from 'commander';
import { outputFileHelp, requireNewFile, secretResult } from '../../remote/secret-output.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { usageFailure } from '../../remote/server-error.ts';
import { keyPairText } from '../key/key-text.ts';
import type { NewKey } from './tenant-shapes.ts';

interface Options {
  readonly rotate?: boolean;
  readonly delete?: string;
  readonly outputFile?: string;
}

export function tenantRootKey(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'root-key')
    .description('Make a second key for the root of a tenant, or end one. Its keys: cairn tenant show.')
    .argument('<tenant>', 'name or id of the tenant')
    .option('--rotate', 'make a second key; the first goes on until it is deleted')
    .option('--delete <access-key>', 'end this key; never the last one')
    .option('--output-file <file>', outputFileHelp)
    .action(
      answering<Options>(context, async ({ server, args: [Tenant], options }) => {
        const { rotate, delete: AccessKeyId, outputFile } = options;
        if ((rotate === undefined) === (AccessKeyId === undefined))
          throw usageFailure('Give either --rotate or --delete.');
        if (AccessKeyId !== undefined) {
          await server.call('cairn', 'DeleteTenantRootKey', { Tenant, AccessKeyId });
          return { json: { Tenant, AccessKeyId }, text: `${AccessKeyId} is deleted` };
        }
        requireNewFile(outputFile);
        const { AccessKey } = await server.call<{ AccessKey: NewKey }>('cairn', 'RotateTenantRootKey', { Tenant });
        return secretResult({ json: AccessKey, text: keyPairText(AccessKey) }, { outputFile, note: context.note });
      }),
    );
}
