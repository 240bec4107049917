/** What the commands of remotes and replication do, beside a server that may be running. */
export interface ReplicationCommands {
  addRemote(remote: {
    readonly name: string;
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    /** A name or an id; the root account where left out. */
    readonly account?: string | undefined;
  }): Promise<RemoteLine>;
  listRemotes(): AsyncIterable<RemoteLine>;
  /** False where there is none of that name. */
  removeRemote(name: string): Promise<boolean>;
  standing(bucket: string | undefined): AsyncIterable<StandingLine>;
  /** Queues what a bucket holds already; `writtenSince` in milliseconds since the epoch. */
  resync(bucket: string, options: { readonly writtenSince: number }): Promise<void>;
  /** Queues anew what destinations have refused, of one bucket or of all. Answers how much that was. */
  retry(bucket: string | undefined): Promise<number>;
}

/** Never its secret. */
export interface RemoteLine {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly accountId: string;
}

/** One destination of one bucket. */
export interface StandingLine {
  readonly bucket: string;
  readonly target: string;
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly lagMilliseconds: number | undefined;
  readonly refused: number;
  readonly refusal: string | undefined;
  readonly resync: { readonly seen: number; readonly queued: number; readonly isRunning: boolean } | undefined;
}

export interface ReplicationCommandContext {
  /** Opens the data directory, runs `use`, closes it again. */
  withReplication<T>(
    dataDirectory: string | undefined,
    use: (replication: ReplicationCommands) => Promise<T>,
  ): Promise<T>;
  print(text: string): void;
}
