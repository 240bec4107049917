import { StorageError } from '../../domain/errors.ts';
import { checkEventTarget, type EventTarget } from '../../domain/events/event-target.ts';
import { onInstallation } from '../../domain/grant.ts';
import { eventTargetRecordType, secretOwner } from '../../records/event-target-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord } from '../../records/record-type.ts';
import { remoteRecordType } from '../../records/remote-record.ts';
import { EventTargets } from '../events/event-targets.ts';
import { RemoteService } from '../replication/remote-service.ts';
import { remoteOwner, remoteSealOwner, targetOwner } from './export-service.ts';
import type { ImportContext } from './import-context.ts';
import { type ImportMode, type ImportStep, isSame, leave, refuse, unlessReplaced } from './import-step.ts';
import type { PassphraseBox } from './passphrase-box.ts';
import type { EventTargetEntry, RemoteEntry, TransferDocument } from './transfer-document.ts';

interface ConnectionsToPlan {
  readonly document: TransferDocument;
  readonly box: PassphraseBox | undefined;
  readonly mode: ImportMode;
}

/** Other stores and event targets: they are the installation's. */
export async function* planConnections(
  context: ImportContext,
  { document, ...rest }: ConnectionsToPlan,
): AsyncGenerator<ImportStep, void> {
  for (const entry of document.remotes ?? []) yield await planRemote(context, rest, entry);
  for (const entry of document.eventTargets ?? []) yield await planTarget(context, rest, entry);
}

const calls = [{ grant: onInstallation('cairn:Import'), conditions: {} }];

async function planRemote(
  { metadata, clock, identity }: ImportContext,
  { box, mode }: Omit<ConnectionsToPlan, 'document'>,
  entry: RemoteEntry,
): Promise<ImportStep> {
  const of = { kind: 'remote', tenant: entry.accountId, name: entry.name };
  if (entry.secret === undefined || !box) return leave(of, 'Its secret is not there.');
  const secret = box.open(entry.secret, remoteOwner(entry.name));
  const before = await readRecord(metadata, remoteRecordType, keyspace.remote(entry.name));
  const { endpoint, region, accessKeyId, accountId } = entry;
  const isThere =
    before &&
    isSame(
      [before.endpoint, before.region, before.accessKeyId, before.accountId],
      [endpoint, region, accessKeyId, accountId],
    ) &&
    identity.secrets.open(before.sealedSecret, remoteSealOwner(entry.name)) === secret;
  if (isThere) return leave(of);
  const kept = before && unlessReplaced(of, mode);
  if (kept) return kept;
  const remotes = new RemoteService({ metadata, clock }, identity.secrets);
  const remote = { name: entry.name, endpoint, region, accessKeyId, accountId, secretAccessKey: secret };
  return {
    ...of,
    action: before ? 'change' : 'create',
    calls,
    apply: async () => {
      await remotes.add(remote);
    },
  };
}

async function planTarget(
  { metadata, clock, random, identity }: ImportContext,
  { box, mode }: Omit<ConnectionsToPlan, 'document'>,
  entry: EventTargetEntry,
): Promise<ImportStep> {
  const of = { kind: 'event target', tenant: entry.accountIds[0] ?? '', name: entry.name };
  if (entry.secret !== undefined && !box) return leave(of, 'Its secret is not there.');
  const secret = entry.secret === undefined ? undefined : box!.open(entry.secret, targetOwner(entry.name));
  const { name, url, options, accountIds } = entry;
  const target = { name, type: entry.type, url, options, accountIds } as EventTarget;
  try {
    checkEventTarget(target);
  } catch (error) {
    if (error instanceof StorageError) return refuse(of, error.message);
    throw error;
  }
  const before = await readRecord(metadata, eventTargetRecordType, keyspace.eventTarget(name));
  const opened = before?.sealedSecret && identity.secrets.open(Buffer.from(before.sealedSecret), secretOwner(name));
  const shown = before && [
    before.type,
    before.url,
    Object.entries(before.options).sort(),
    before.accountIds,
    opened ?? null,
  ];
  const wanted = [entry.type, url, Object.entries(options).sort(), accountIds, secret ?? null];
  if (shown && isSame(shown, wanted)) return leave(of);
  const kept = before && unlessReplaced(of, mode);
  if (kept) return kept;
  const targets = new EventTargets({ metadata, clock, random, secrets: identity.secrets });
  return {
    ...of,
    action: before ? 'change' : 'create',
    calls,
    apply: () => targets.add(target, { secret, replace: true }),
  };
}
