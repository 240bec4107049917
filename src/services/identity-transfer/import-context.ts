import type { TransferContext } from './export-tenant.ts';
import type { PassphraseBoxes } from './passphrase-box.ts';
import type { WriteContext } from './write-holder.ts';

/** What imports stand on. */
export interface ImportContext extends TransferContext, WriteContext {
  readonly boxes: PassphraseBoxes;
}
