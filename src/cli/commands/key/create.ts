import type { Command } from 'commander';
import { givenSecret, secretFileHelp } from '../../given-secret.ts';
import type { CommandContext } from '../../identity-commands.ts';
import type { CreatedAccessKey } from '../../remote/iam-shapes.ts';
import { refuseOption, worksHere } from '../../remote/locality.ts';
import { outputFileHelp, readGiven, requireNewFile, secretResult } from '../../remote/secret-output.ts';
import { answering, type CommandResult, withServerOptions } from '../../remote/server-command.ts';
import type { RemoteServer, ServerContext, ServerOptions } from '../../remote/server-context.ts';
import { usageFailure } from '../../remote/server-error.ts';
import { keyPairText } from './key-text.ts';

interface Options extends ServerOptions {
  readonly account?: string;
  readonly user?: string;
  readonly serviceAccount?: string;
  readonly description?: string;
  readonly policyFile?: string;
  readonly expires?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly secretFile?: string;
  readonly outputFile?: string;
  readonly json?: boolean;
  readonly data?: string;
}

export function keyCreate(parent: Command, context: CommandContext & ServerContext): void {
  const overTheWire = answering<Options>(context, async ({ server, options }) => {
    const result =
      options.serviceAccount === undefined ? await newKey(server, options) : await newAccount(server, options);
    return secretResult(result, { outputFile: options.outputFile, note: context.note });
  });
  const command = parent
    .command('create')
    .description(
      'Make an access key; its secret is shown this once. With --account in the data directory of this machine, for the root of the account or for --user; else over the wire, for --user or yourself.',
    )
    .option('--user <user>', 'name of the user it is for')
    .option('--service-account <name>', 'make a service account of that name: a key with a policy that narrows it')
    .option(
      '--policy-file <file>',
      'with --service-account: all that it may, of what its user may; - reads standard input',
    )
    .option('--description <text>', 'with --service-account: what it is for')
    .option('--expires <time>', 'with --service-account: when it ends, such as 2027-01-01T00:00:00Z')
    .option('--output-file <file>', outputFileHelp)
    .option('--json', 'print JSON');
  withServerOptions(command)
    .option('--account <name>', 'name or id of the account, in the data directory of this machine')
    .option('--access-key <id>', 'with --account: access key id; drawn when left out')
    .option('--secret-file <file>', `with --account: ${secretFileHelp}`)
    .option(
      '--secret-key <secret>',
      'with --account: secret key, for all to see who list processes; drawn when left out',
    )
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (options: Options, ...rest: unknown[]) => {
      requireNewFile(options.outputFile);
      if (worksHere(options, context)) return createHere(context, options);
      for (const name of ['accessKey', 'secretFile', 'secretKey'] as const) {
        refuseOption(
          options[name],
          'A server draws access keys and secrets itself: only with --account are they given.',
        );
      }
      return overTheWire(options, ...rest);
    });
}

async function createHere(context: CommandContext & ServerContext, options: Options): Promise<void> {
  const { account, user, data, accessKey, outputFile, json, ...secret } = options;
  refuseOption(options.serviceAccount, 'Service accounts are made over the wire: give --endpoint or --profile.');
  if (account === undefined) {
    throw usageFailure('Give --account for a key in this data directory; or --endpoint or --profile for a server.');
  }
  const given = { accessKeyId: accessKey, secretAccessKey: givenSecret(secret) };
  if (user !== undefined && (given.accessKeyId ?? given.secretAccessKey) !== undefined) {
    throw usageFailure('Keys of users are drawn: only those of the root of an account are given.');
  }
  const key = await context.withIdentity(data, (identity) => identity.createKey({ account, user, ...given }));
  const text = keyPairText({ AccessKeyId: key.accessKeyId, SecretAccessKey: key.secretAccessKey });
  const result = secretResult({ json: key, text }, { outputFile, note: context.note });
  context.print(json ? JSON.stringify(result.json) : result.text);
}

async function newKey(server: RemoteServer, options: Options): Promise<CommandResult> {
  for (const name of ['policyFile', 'description', 'expires'] as const) {
    refuseOption(options[name], 'A policy, a description and an end belong to --service-account.');
  }
  const parameters = { UserName: options.user };
  const { AccessKey } = await server.call<{ AccessKey: CreatedAccessKey }>('iam', 'CreateAccessKey', parameters);
  return { json: AccessKey, text: keyPairText(AccessKey) };
}

async function newAccount(server: RemoteServer, options: Options): Promise<CommandResult> {
  const { ServiceAccount } = await server.call<{ ServiceAccount: CreatedAccessKey }>('cairn', 'CreateServiceAccount', {
    UserName: options.user,
    Name: options.serviceAccount,
    Description: options.description,
    Policy: options.policyFile === undefined ? undefined : readGiven(options.policyFile),
    Expiration: options.expires,
  });
  return { json: ServiceAccount, text: keyPairText(ServiceAccount) };
}
