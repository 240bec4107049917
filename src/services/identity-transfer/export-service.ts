import { StorageError } from '../../domain/errors.ts';
import { eventTargetRecordType, secretOwner } from '../../records/event-target-record.ts';
import { spans } from '../../records/keyspace.ts';
import { remoteRecordType } from '../../records/remote-record.ts';
import { identityRevision } from '../identity/change-identity.ts';
import { AtOnce } from './at-once.ts';
import { TenantExport, type TransferContext } from './export-tenant.ts';
import type { PassphraseBox, PassphraseBoxes } from './passphrase-box.ts';
import {
  type EventTargetEntry,
  type RemoteEntry,
  type TenantDocument,
  type TransferDocument,
  transferFormat,
  transferVersion,
} from './transfer-document.ts';

export interface ExportContext extends TransferContext {
  readonly boxes: PassphraseBoxes;
}

/** What becomes of secrets. */
export interface SealingWish {
  /** Left out: they are not in the document. */
  readonly passphrase?: string | undefined;
  /** The account whose root's keys whoever asks shall not have. */
  readonly withoutRootOf?: string | undefined;
}

/** How often an account is read again that changes meanwhile. */
const tries = 5;
/** Of a process: each holds all that it has read. */
const exportsAtOnce = 4;

export const remoteOwner = (name: string): string => `remote ${name}`;
export const remoteSealOwner = (name: string): string => `remote/${name}`;
export const targetOwner = (name: string): string => `event target ${name}`;

/** Writes down identities and configuration. What they are for the caller has been asked by the gate. */
export class ExportService {
  readonly #context: ExportContext;
  readonly #atOnce = new AtOnce(exportsAtOnce);

  constructor(context: ExportContext) {
    this.#context = context;
  }

  /** One tenant. Throws NoSuchEntity, SlowDown, and ConcurrentModification for one that does not stand still. */
  ofTenant(accountId: string, sealing: SealingWish): Promise<TransferDocument> {
    return this.#atOnce.run(async () => {
      const box = await this.#box(sealing.passphrase);
      return this.#document(box, { tenants: [await this.#tenant(accountId, box, sealing)] });
    });
  }

  /** All tenants, remotes and event targets. Throws SlowDown. */
  ofInstallation(sealing: SealingWish): Promise<TransferDocument> {
    return this.#atOnce.run(() => this.#ofInstallation(sealing));
  }

  async #ofInstallation(sealing: SealingWish): Promise<TransferDocument> {
    const box = await this.#box(sealing.passphrase);
    const tenants: TenantDocument[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#context.identity.listAccounts({ ...(after === undefined ? {} : { after }), limit: 100 });
      for (const { accountId } of page) tenants.push(await this.#tenant(accountId, box, sealing));
      if (page.length < 100) break;
      after = page.at(-1)!.accountId;
    }
    const remotes = await this.#remotes(box);
    const eventTargets = await this.#eventTargets(box);
    return this.#document(box, {
      tenants,
      ...(remotes.length > 0 ? { remotes } : {}),
      ...(eventTargets.length > 0 ? { eventTargets } : {}),
    });
  }

  #box(passphrase: string | undefined): Promise<PassphraseBox | undefined> {
    return passphrase === undefined ? Promise.resolve(undefined) : this.#context.boxes.create(passphrase);
  }

  #document(
    box: PassphraseBox | undefined,
    content: Pick<TransferDocument, 'tenants' | 'remotes' | 'eventTargets'>,
  ): TransferDocument {
    return {
      format: transferFormat,
      version: transferVersion,
      ...(box ? { sealing: box.sealing } : {}),
      ...content,
    };
  }

  /** What is read between two looks at one revision belongs together. */
  async #tenant(
    accountId: string,
    box: PassphraseBox | undefined,
    { withoutRootOf }: SealingWish,
  ): Promise<TenantDocument> {
    const { metadata, identity } = this.#context;
    const reading = new TenantExport(this.#context, box, { withoutRootOf });
    for (let i = 0; i < tries; i++) {
      const before = await identityRevision(metadata, accountId);
      const account = await identity.findAccount(accountId);
      if (!account) throw new StorageError('NoSuchEntity', { message: `There is no tenant ${accountId}.` });
      const tenant = await reading.tenant(account);
      if ((await identityRevision(metadata, accountId)) === before) return tenant;
    }
    throw new StorageError('ConcurrentModification');
  }

  async #remotes(box: PassphraseBox | undefined): Promise<readonly RemoteEntry[]> {
    const { metadata, identity } = this.#context;
    const entries = await metadata.range(spans.remotes(undefined, 10_000));
    return entries.map(({ value }) => {
      const { name, endpoint, region, accessKeyId, accountId, sealedSecret } = remoteRecordType.decode(value);
      const secret = box?.seal(identity.secrets.open(sealedSecret, remoteSealOwner(name)), remoteOwner(name));
      return { name, endpoint, region, accessKeyId, accountId, ...(secret === undefined ? {} : { secret }) };
    });
  }

  async #eventTargets(box: PassphraseBox | undefined): Promise<readonly EventTargetEntry[]> {
    const { metadata, identity } = this.#context;
    const entries = await metadata.range(spans.eventTargets(undefined, 1000));
    return entries.map(({ value }) => {
      const { name, type, url, options, accountIds, sealedSecret } = eventTargetRecordType.decode(value);
      const secret =
        sealedSecret &&
        box?.seal(identity.secrets.open(Buffer.from(sealedSecret), secretOwner(name)), targetOwner(name));
      return { name, type, url, options, accountIds, ...(secret === undefined ? {} : { secret }) };
    });
  }
}
