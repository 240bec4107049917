import { readFileSync } from 'node:fs';
import { connectTo, namesServer } from '../cli/profiles/connect.ts';
import { runCommand } from '../cli/run-command.ts';
import { StorageError } from '../domain/errors.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { errorCatalogue } from '../s3/error-catalogue.ts';
import { DataDirectoryError } from '../services/data-directory/refusal.ts';
import { readSettings, SettingsError } from '../settings-sources.ts';
import { inspection } from './inspect-store.ts';
import { openAccounting } from './open-accounting.ts';
import { openEncryptionCommands } from './open-encryption-commands.ts';
import { openEvents } from './open-events.ts';
import { openIdentity } from './open-identity.ts';
import { openInventories } from './open-inventories.ts';
import { openReplication } from './open-replication.ts';
import { openTransfer } from './open-transfer.ts';
import { processTerminal } from './terminal.ts';

/** A command of the operator: `cairn account create`, `cairn --version` … Sets the exit code. */
export async function runOperatorCommand(args: readonly string[]): Promise<void> {
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const surroundings = { environment: process.env, clock: systemClock, random: systemRandom(), note };
  try {
    process.exitCode = await runCommand(args, {
      version: version(),
      print: (text) => process.stdout.write(`${text}\n`),
      note,
      ...inspection,
      environment: process.env,
      terminal: processTerminal,
      namesServer: (options) => namesServer(options, process.env),
      withServer: (options, use) => connectTo(options, surroundings, use),
      async withAccounting(dataDirectory, use) {
        const flags = dataDirectory === undefined ? [] : ['--data', dataDirectory];
        const accounting = openAccounting(await readSettings({ flags, environment: process.env }));
        try {
          return await use(accounting.commands);
        } finally {
          await accounting.close();
        }
      },
      async withReplication(dataDirectory, use) {
        const flags = dataDirectory === undefined ? [] : ['--data', dataDirectory];
        const replication = openReplication(await readSettings({ flags, environment: process.env }));
        try {
          return await use(replication.commands);
        } finally {
          await replication.close();
        }
      },
      async withEncryption(dataDirectory, use) {
        const flags = dataDirectory === undefined ? [] : ['--data', dataDirectory];
        const encryption = openEncryptionCommands(await readSettings({ flags, environment: process.env }));
        try {
          return await use(encryption.commands);
        } finally {
          await encryption.close();
        }
      },
      async withInventories(dataDirectory, use) {
        const flags = dataDirectory === undefined ? [] : ['--data', dataDirectory];
        const opened = openInventories(await readSettings({ flags, environment: process.env }));
        try {
          return await use(opened.inventories);
        } finally {
          await opened.close();
        }
      },
      async withIdentity(dataDirectory, use) {
        const flags = dataDirectory === undefined ? [] : ['--data', dataDirectory];
        const identity = await openIdentity(await readSettings({ flags, environment: process.env }));
        try {
          return await use(identity.commands);
        } finally {
          await identity.close();
        }
      },
      async withTransfer(dataDirectory, use) {
        const flags = dataDirectory === undefined ? [] : ['--data', dataDirectory];
        const transfer = await openTransfer(await readSettings({ flags, environment: process.env }));
        try {
          return await use(transfer.commands);
        } finally {
          await transfer.close();
        }
      },
      async withEvents(dataDirectory, use) {
        const flags = dataDirectory === undefined ? [] : ['--data', dataDirectory];
        const events = await openEvents(await readSettings({ flags, environment: process.env }));
        try {
          return await use(events.commands);
        } finally {
          await events.close();
        }
      },
    });
  } catch (error) {
    const expected =
      error instanceof SettingsError || error instanceof DataDirectoryError || error instanceof StorageError;
    process.stderr.write(`cairn: ${expected ? wordsOf(error) : (error as Error).stack}\n`);
    process.exitCode = 1;
  }
}

/** Some failures bring no words of their own but those of S3. */
function wordsOf(error: Error): string {
  if (!(error instanceof StorageError) || error.details.message !== undefined) return error.message;
  return errorCatalogue[error.kind].message;
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
