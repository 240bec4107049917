import { type Command, InvalidArgumentError } from 'commander';
import type { EncryptionCommandContext } from '../../encryption-commands.ts';

interface Options {
  readonly json?: boolean;
  readonly data?: string;
}

export function bucketCompression(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('compression')
    .description('Say whether new objects of a bucket are stored compressed (zstd); without a word, tell what is set.')
    .argument('<bucket>', 'name of the bucket')
    .argument('[state]', 'on or off', onOrOff)
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (bucket: string, state: 'on' | 'off' | undefined, { json, data }: Options) => {
      const compression = await withEncryption(data, async (encryption) => {
        if (state !== undefined) await encryption.setCompression(bucket, state === 'on' ? 'zstd' : undefined);
        return encryption.compressionOf(bucket);
      });
      if (json) return print(JSON.stringify({ bucket, compression: compression ?? null }));
      print(`${bucket}: compression ${compression === undefined ? 'off' : `on (${compression})`}`);
    });
}

function onOrOff(text: string): 'on' | 'off' {
  if (text === 'on' || text === 'off') return text;
  throw new InvalidArgumentError('It must be on or off.');
}
