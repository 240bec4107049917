import { Command, CommanderError } from 'commander';
import type { AccountingContext } from './accounting-commands.ts';
import { accountCreate } from './commands/account/create.ts';
import { accountDelete } from './commands/account/delete.ts';
import { accountList } from './commands/account/list.ts';
import { bucketCompression } from './commands/bucket/compression.ts';
import { doctor } from './commands/doctor.ts';
import { encryptionList } from './commands/encryption/list.ts';
import { encryptionRotate } from './commands/encryption/rotate.ts';
import { eventsDead } from './commands/events/dead.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { inventoryRun } from './commands/inventory/run.ts';
import { inventoryStatus } from './commands/inventory/status.ts';
import { kmsKeyCreate } from './commands/kms/key/create.ts';
import { kmsKeyDisable } from './commands/kms/key/disable.ts';
import { kmsKeyEnable } from './commands/kms/key/enable.ts';
import { kmsKeyList } from './commands/kms/key/list.ts';
import { kmsKeyRotate } from './commands/kms/key/rotate.ts';
import { kmsKeyShare } from './commands/kms/key/share.ts';
import { kmsKeyUnshare } from './commands/kms/key/unshare.ts';
import { lifecyclePreview } from './commands/lifecycle/preview.ts';
import { limitSet } from './commands/limit/set.ts';
import { limitShow } from './commands/limit/show.ts';
import { quotaSet } from './commands/quota/set.ts';
import { quotaShow } from './commands/quota/show.ts';
import { remoteAdd } from './commands/remote/add.ts';
import { remoteList } from './commands/remote/list.ts';
import { remoteRemove } from './commands/remote/remove.ts';
import { replicationResync } from './commands/replication/resync.ts';
import { replicationRetry } from './commands/replication/retry.ts';
import { replicationStatus } from './commands/replication/status.ts';
import { scrub } from './commands/scrub.ts';
import { serve } from './commands/serve.ts';
import { targetAdd } from './commands/target/add.ts';
import { targetList } from './commands/target/list.ts';
import { targetRemove } from './commands/target/remove.ts';
import { targetTest } from './commands/target/test.ts';
import { usageRecount } from './commands/usage/recount.ts';
import { usageShow } from './commands/usage/show.ts';
import { why } from './commands/why.ts';
import { workers } from './commands/workers.ts';
import { printCandidates } from './completion/print-candidates.ts';
import { completeWord } from './completion/scripts.ts';
import type { EncryptionCommandContext } from './encryption-commands.ts';
import type { EventCommandContext } from './event-commands.ts';
import type { CommandContext } from './identity-commands.ts';
import type { InspectionContext } from './inspection.ts';
import type { InventoryCommandContext } from './inventory-commands.ts';
import type { ServerContext } from './remote/server-context.ts';
import { RemoteFailure, ServerError } from './remote/server-error.ts';
import { addRemoteCommands } from './remote-commands.ts';
import type { ReplicationCommandContext } from './replication-commands.ts';
import type { TransferContext } from './transfer-commands.ts';

const kmsKeyCommands = [
  kmsKeyCreate,
  kmsKeyList,
  kmsKeyRotate,
  kmsKeyDisable,
  kmsKeyEnable,
  kmsKeyShare,
  kmsKeyUnshare,
];

/** Runs one command and resolves to the exit code. Errors of the command itself are thrown. */
export async function runCommand(
  args: readonly string[],
  options: CommandContext &
    ReplicationCommandContext &
    EncryptionCommandContext &
    EventCommandContext &
    InventoryCommandContext &
    ServerContext &
    TransferContext &
    Omit<InspectionContext & AccountingContext, 'exitWith'> & { version: string },
): Promise<number> {
  const program = new Command('cairn')
    .description('A self-hosted object store that speaks the S3 API.')
    .version(options.version, '--version')
    .showHelpAfterError('(see --help)')
    .exitOverride();
  let exitCode = 0;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  serve(program);
  for (const add of [doctor, scrub, workers]) add(program, { ...options, exitWith });
  why(program, options);
  for (const add of [exportCommand, importCommand]) add(program, options);
  lifecyclePreview(program.command('lifecycle').description('Rules that remove and move objects.'), {
    ...options,
    exitWith,
  });
  const account = program.command('account').description('Accounts: the owners of buckets.');
  for (const add of [accountCreate, accountDelete, accountList]) add(account, options);
  const remote = program.command('remote').description('Other S3 stores that buckets may be replicated to.');
  for (const add of [remoteAdd, remoteList, remoteRemove]) add(remote, options);
  const replication = program.command('replication').description('Replication of buckets.');
  for (const add of [replicationStatus, replicationResync, replicationRetry]) add(replication, options);
  addRemoteCommands(program, options);
  const kms = program.command('kms').description('The key management of SSE-KMS.');
  const kmsKey = kms.command('key').description('Keys that objects can be encrypted with.');
  for (const add of kmsKeyCommands) add(kmsKey, options);
  const encryption = program.command('encryption').description('Keys of SSE-S3.');
  for (const add of [encryptionList, encryptionRotate]) add(encryption, options);
  bucketCompression(program.command('bucket').description('How buckets store their objects.'), options);
  const target = program.command('target').description('Targets that buckets may send events to.');
  for (const add of [targetAdd, targetList, targetRemove, targetTest]) add(target, options);
  eventsDead(program.command('events').description('Events on their way to targets.'), options);
  const inventory = program.command('inventory').description('Lists of the objects of buckets.');
  for (const add of [inventoryRun, inventoryStatus]) add(inventory, options);
  const accounting = { ...options, exitWith };
  const quota = program.command('quota').description('Quotas of buckets and accounts.');
  for (const add of [quotaSet, quotaShow]) add(quota, accounting);
  const usage = program.command('usage').description('What buckets and accounts hold.');
  for (const add of [usageShow, usageRecount]) add(usage, accounting);
  const limit = program.command('limit').description('Rate limits of accounts and access keys.');
  for (const add of [limitSet, limitShow]) add(limit, accounting);
  if (args[0] === completeWord) {
    await printCandidates(program, args.slice(1), options);
    return 0;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has said what there is to say: help, the version, or what is wrong with the arguments.
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof ServerError || error instanceof RemoteFailure) {
      options.note(`cairn: ${error.line}`);
      return error.exitCode;
    }
    throw error;
  }
}
