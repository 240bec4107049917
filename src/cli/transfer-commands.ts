/** What is exported, or imported into: everything, the caller's own tenant, or one by its name or id. */
export type TransferPlace = 'installation' | 'own' | { readonly tenant: string };

export interface TransferThing {
  readonly kind: string;
  /** Its id. */
  readonly tenant: string;
  readonly name: string;
  readonly action: string;
  readonly reason?: string | undefined;
}

export interface TransferRequest {
  readonly place: TransferPlace;
  readonly passphrase: string | undefined;
}

export interface ImportWish extends TransferRequest {
  readonly document: string;
  readonly mode: 'fail' | 'skip' | 'replace';
  readonly isDryRun: boolean;
}

/** Export and import: of a data directory, beside a server that may be running, or of a server over the wire. */
export interface TransferCommands {
  /** The document. */
  export(request: TransferRequest): Promise<string>;
  /** What was, or would be, made of each thing of the document. */
  import(wish: ImportWish): Promise<readonly TransferThing[]>;
}

/** What these commands use, beside a server. */
export interface TransferContext {
  withTransfer<T>(dataDirectory: string | undefined, use: (transfer: TransferCommands) => Promise<T>): Promise<T>;
}
