import type { Command } from 'commander';
import type { EncryptionCommandContext } from '../../encryption-commands.ts';

export function encryptionRotate(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('rotate')
    .description(
      "Make a new key for SSE-S3. New objects are encrypted with it; the server seals the data keys of older ones with it in the background, without moving their bytes (see 'cairn workers').",
    )
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data }: { json?: boolean; data?: string }) => {
      const id = await withEncryption(data, (encryption) => encryption.rotateMasterKey());
      print(json ? JSON.stringify({ id }) : `${id} is the key of new objects`);
    });
}
