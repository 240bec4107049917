import { StorageError } from '../../../domain/errors.ts';
import type { MetadataEngine, Transaction } from '../../../engines/metadata/metadata-engine.ts';
import type { PolicyAttachment } from '../../../records/keyspace.ts';
import { deleteAttachment, putAttachment } from '../attachments.ts';
import { changeIdentity } from '../change-identity.ts';
import { requireAttachable } from './find-policy.ts';
import { boundaryOf, type Holder, type HolderKind, type HolderRecord, holderArn, holdersOf } from './policy-holders.ts';
import { policyLimits, quotaExceeded } from './policy-size.ts';

const quotas: Readonly<Record<HolderKind, string>> = {
  user: 'PoliciesPerUser',
  group: 'PoliciesPerGroup',
  role: 'PoliciesPerRole',
};

/** Managed policies on users, groups and roles: as what gives rights, and as what bounds them. */
export class AttachmentService {
  readonly #metadata: MetadataEngine;

  constructor({ metadata }: { readonly metadata: MetadataEngine }) {
    this.#metadata = metadata;
  }

  /** Throws NoSuchEntity. */
  holder({ kind, accountId, name }: Holder): Promise<HolderRecord> {
    return holdersOf(kind).require(this.#metadata, accountId, name);
  }

  /** What policies are asked about; of one that is not there, which could only be at the root path. */
  async arn({ kind, accountId, name }: Holder): Promise<string> {
    const found = await holdersOf(kind).findByName(this.#metadata, accountId, name);
    return holderArn(kind, found ?? { accountId, path: '/', name });
  }

  /** The ARN of its boundary; undefined also for one that is not there. */
  async boundary({ kind, accountId, name }: Holder): Promise<string | undefined> {
    const found = await holdersOf(kind).findByName(this.#metadata, accountId, name);
    return found && boundaryOf(found);
  }

  /** To attach what is attached changes nothing. Throws NoSuchEntity, InvalidInput, LimitExceeded. */
  async attach(to: Holder, policyArn: string): Promise<void> {
    await this.#change(to, async (tx, holder) => {
      await requireAttachable(tx, holder.accountId, policyArn);
      if (holder.attached.includes(policyArn)) return;
      const most = policyLimits.attached[to.kind];
      if (holder.attached.length >= most) throw quotaExceeded(quotas[to.kind], most);
      putAttachment(tx, attachmentOf(to.kind, holder, { policyArn, as: 'policy' }));
      await holdersOf(to.kind).replace(tx, holder, { ...holder, attached: [...holder.attached, policyArn] });
    });
  }

  /** Throws NoSuchEntity where it is not attached. */
  async detach(from: Holder, policyArn: string): Promise<void> {
    await this.#change(from, async (tx, holder) => {
      if (!holder.attached.includes(policyArn)) {
        throw new StorageError('NoSuchEntity', { message: `Policy ${policyArn} was not found.` });
      }
      deleteAttachment(tx, attachmentOf(from.kind, holder, { policyArn, as: 'policy' }));
      const attached = holder.attached.filter((arn) => arn !== policyArn);
      await holdersOf(from.kind).replace(tx, holder, { ...holder, attached });
    });
  }

  /** In place of the one before. Throws NoSuchEntity, InvalidInput. */
  async putBoundary(on: Holder & { readonly kind: 'user' | 'role' }, policyArn: string): Promise<void> {
    await this.#change(on, async (tx, holder) => {
      await requireAttachable(tx, holder.accountId, policyArn);
      const before = boundaryOf(holder);
      if (before === policyArn) return;
      if (before !== undefined) {
        deleteAttachment(tx, attachmentOf(on.kind, holder, { policyArn: before, as: 'boundary' }));
      }
      putAttachment(tx, attachmentOf(on.kind, holder, { policyArn, as: 'boundary' }));
      await holdersOf(on.kind).replace(tx, holder, { ...holder, boundary: policyArn } as HolderRecord);
    });
  }

  /** To remove what is not there changes nothing. Throws NoSuchEntity where the user or role is not there. */
  async deleteBoundary(of: Holder & { readonly kind: 'user' | 'role' }): Promise<void> {
    await this.#change(of, async (tx, holder) => {
      const policyArn = boundaryOf(holder);
      if (policyArn === undefined) return;
      deleteAttachment(tx, attachmentOf(of.kind, holder, { policyArn, as: 'boundary' }));
      await holdersOf(of.kind).replace(tx, holder, { ...holder, boundary: undefined } as HolderRecord);
    });
  }

  #change(
    { kind, accountId, name }: Holder,
    body: (tx: Transaction, holder: HolderRecord) => Promise<void>,
  ): Promise<void> {
    return changeIdentity(this.#metadata, accountId, async (tx) =>
      body(tx, await holdersOf(kind).require(tx, accountId, name)),
    );
  }
}

function attachmentOf(
  kind: HolderKind,
  { accountId, id }: HolderRecord,
  { policyArn, as }: Pick<PolicyAttachment, 'policyArn' | 'as'>,
): PolicyAttachment {
  return { accountId, policyArn, as, kind, id };
}
