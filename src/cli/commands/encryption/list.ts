import type { Command } from 'commander';
import type { EncryptionCommandContext } from '../../encryption-commands.ts';
import { table } from '../../table.ts';

export function encryptionList(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('list')
    .description('List the keys of SSE-S3, oldest first; secrets are not shown.')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data }: { json?: boolean; data?: string }) => {
      const keys = await withEncryption(data, (encryption) => encryption.listMasterKeys());
      print(
        json
          ? JSON.stringify(keys)
          : table(
              ['KEY', 'USE', 'CREATED'],
              keys.map(({ id, isActive, createdAt }) => [id, isActive ? 'new objects' : 'older objects', createdAt]),
            ),
      );
    });
}
