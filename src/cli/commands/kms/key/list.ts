import type { Command } from 'commander';
import type { EncryptionCommandContext } from '../../../encryption-commands.ts';
import { collect, table } from '../../../table.ts';

export function kmsKeyList(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('list')
    .description('List the keys of SSE-KMS; secrets are not shown.')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data }: { json?: boolean; data?: string }) => {
      const keys = await withEncryption(data, (encryption) => collect(encryption.listKmsKeys()));
      print(
        json
          ? JSON.stringify(keys)
          : table(
              ['ARN', 'STATE', 'ALIASES', 'SHARED WITH', 'KEPT', 'CREATED'],
              keys.map((key) => [
                key.arn,
                key.state,
                key.aliases.join(','),
                key.sharedWith.join(','),
                key.material,
                key.createdAt,
              ]),
            ),
      );
    });
}
