import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { type BrokenPromise, checkLedgers } from './check-ledger.ts';
import { bucketNames, type ClientLedger, clientLedger } from './ledger.ts';
import { Client, type Counts, WrongAnswerError } from './load.ts';
import { type S3Account, S3Connection, UnansweredError } from './s3-connection.ts';

/** A server in processes of its own, over a data directory of the test's own. */
export interface KillableServer {
  readonly account: S3Account;
  /** Sends SIGKILL to all of its processes at once, and resolves when they are gone. */
  kill(): Promise<void>;
}

/** What the crash test does not do by itself. */
export interface CrashTestSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Starts a server on the data directory of the test; resolves when it listens. */
  start(): Promise<KillableServer>;
  /** Starts one and kills it that long after, whether it listens by then or not. */
  startAndKill(milliseconds: number): Promise<void>;
  /** Recounts the whole store while no server runs, and tells what is wrong. */
  verify(options: { readonly bytes: boolean }): Promise<readonly string[]>;
  /** Reclaims once while no server runs, and then recounts the whole store, blobs that nothing names too. */
  reclaimAndVerify(): Promise<readonly string[]>;
  /** Takes the place of SIGKILL: a power cut, for a test that can make one. */
  readonly crash?: (server: KillableServer) => Promise<void>;
}

export interface CrashTestPlan {
  readonly clients: number;
  /** Ends with the round after which this much time is over… */
  readonly milliseconds: number;
  /** …or after this many rounds. */
  readonly rounds: number;
  /** The load of a round lasts at random for a tenth of this up to all of it. */
  readonly roundMilliseconds: number;
  onRound?(report: CrashTestReport): void;
}

export interface CrashTestReport {
  readonly rounds: number;
  /** Acknowledged operations by kind. */
  readonly counts: Counts;
  /** Changes that the kills left without an answer. */
  readonly unanswered: number;
  /** From the start of the server to its first answer, the longest of all rounds. */
  readonly slowestStartMilliseconds: number;
  /** What was found broken, each with its round. */
  readonly broken: readonly string[];
}

/** Kills a server under load again and again, and holds it against what it had acknowledged. */
export async function runCrashTest(surroundings: CrashTestSurroundings, plan: CrashTestPlan): Promise<CrashTestReport> {
  return new CrashTest(surroundings, plan).run();
}

class CrashTest {
  readonly #surroundings: CrashTestSurroundings;
  readonly #plan: CrashTestPlan;
  readonly #ledgers: readonly ClientLedger[];
  readonly #counts: Counts = new Map();
  readonly #broken: string[] = [];
  #rounds = 0;
  #unanswered = 0;
  #slowestStart = 0;

  constructor(surroundings: CrashTestSurroundings, plan: CrashTestPlan) {
    this.#surroundings = surroundings;
    this.#plan = plan;
    this.#ledgers = Array.from({ length: plan.clients }, (_, i) => clientLedger(`client-${i}`));
  }

  async run(): Promise<CrashTestReport> {
    const { clock } = this.#surroundings;
    const endsAt = clock.now() + this.#plan.milliseconds;
    let server = await this.#start();
    try {
      await this.#createBuckets(server);
      while (this.#goesOn(endsAt)) {
        this.#rounds++;
        await this.#loadAndCrash(server);
        this.#tell(await this.#surroundings.verify({ bytes: false }));
        // Half of the rounds kill it once more while it clears up after the first kill.
        if (this.#random() < 0.5) await this.#surroundings.startAndKill(this.#random() * longestStartMilliseconds);
        server = await this.#start();
        await this.#check(server);
        this.#plan.onRound?.(this.#report());
      }
      await this.#completeUploads(server);
    } finally {
      await server.kill();
    }
    this.#tell(await this.#surroundings.reclaimAndVerify());
    return this.#report();
  }

  /** At least one round, however long a start takes. */
  #goesOn(endsAt: number): boolean {
    if (this.#rounds === 0) return true;
    if (this.#rounds >= this.#plan.rounds || this.#broken.length >= mostBroken) return false;
    return this.#surroundings.clock.now() < endsAt;
  }

  async #start(): Promise<KillableServer> {
    const { clock } = this.#surroundings;
    const startedAt = clock.now();
    const server = await this.#surroundings.start();
    const connection = this.#connect(server);
    try {
      // An S3 request, signed: it needs everything that an answer can need.
      const { status } = await connection.send({ method: 'GET', path: '/' });
      if (status !== 200) this.#tell([`after a start GET / answered ${status}`]);
    } catch (error) {
      await server.kill();
      throw error;
    } finally {
      connection.close();
    }
    this.#slowestStart = Math.max(this.#slowestStart, clock.now() - startedAt);
    return server;
  }

  async #createBuckets(server: KillableServer): Promise<void> {
    await this.#withConnection(server, async (connection) => {
      for (const bucket of Object.values(bucketNames)) await connection.send({ method: 'PUT', path: `/${bucket}` });
      await connection.send({
        method: 'PUT',
        path: `/${bucketNames.versioned}`,
        query: { versioning: '' },
        body: Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'),
      });
    });
  }

  async #loadAndCrash(server: KillableServer): Promise<void> {
    const { clock, crash } = this.#surroundings;
    const over = new AbortController();
    const crashing = new AbortController();
    const signals = { over: over.signal, crashing: crashing.signal };
    const clients = this.#ledgers.map((ledger) => this.#runClient(server, ledger, signals));
    const share = 0.1 + 0.9 * this.#random();
    const before = this.#acknowledged();
    await clock.sleep(this.#plan.roundMilliseconds * share);
    // On a machine that is busy with other things, not before there is something to lose.
    for (let i = 0; i < 100 && this.#acknowledged() < before + this.#ledgers.length; i++) await clock.sleep(50);
    crashing.abort();
    if (crash === undefined) await server.kill();
    else await crash(server);
    over.abort();
    await Promise.all(clients);
    this.#unanswered += this.#ledgers.reduce(
      (sum, { keys, uploads }) =>
        sum +
        keys.filter(({ pending }) => pending !== undefined).length +
        [...uploads].filter(({ pendingPart, ending }) => pendingPart !== undefined || ending === 'abort').length,
      0,
    );
  }

  /** From 0 up to 1. */
  #random(): number {
    return this.#surroundings.random.bytes(4).readUInt32LE(0) / 2 ** 32;
  }

  #acknowledged(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  async #runClient(
    server: KillableServer,
    ledger: ClientLedger,
    { over, crashing }: { readonly over: AbortSignal; readonly crashing: AbortSignal },
  ): Promise<void> {
    const { random } = this.#surroundings;
    await this.#withConnection(server, async (connection) => {
      try {
        await new Client({ connection, ledger, random, counts: this.#counts }).run(over);
      } catch (error) {
        if (!(error instanceof WrongAnswerError)) throw error;
        // A server that loses its disk may say so.
        if (!crashing.aborted) this.#tell([error.message]);
      }
    });
  }

  async #check(server: KillableServer): Promise<void> {
    await this.#withConnection(server, async (connection) => {
      const broken: BrokenPromise[] = await checkLedgers(connection, this.#ledgers);
      this.#tell(broken.map(({ kind, message }) => `${kind}: ${message}`));
    });
  }

  /** Uploads that were open over kills can be completed, and make the objects they should. */
  async #completeUploads(server: KillableServer): Promise<void> {
    const { random } = this.#surroundings;
    await this.#withConnection(server, async (connection) => {
      for (const ledger of this.#ledgers) {
        const client = new Client({ connection, ledger, random, counts: this.#counts });
        for (const upload of [...ledger.uploads]) {
          if (upload.parts.size === 0) await client.abortUpload(upload);
          else await client.completeUpload(upload);
        }
      }
    }).catch((error: unknown) => {
      if (!(error instanceof WrongAnswerError || error instanceof UnansweredError)) throw error;
      this.#tell([error.message]);
    });
    await this.#check(server);
  }

  async #withConnection(server: KillableServer, use: (connection: S3Connection) => Promise<void>): Promise<void> {
    const connection = this.#connect(server);
    try {
      await use(connection);
    } finally {
      connection.close();
    }
  }

  #connect(server: KillableServer): S3Connection {
    return new S3Connection(server.account, this.#surroundings.clock);
  }

  #tell(messages: readonly string[]): void {
    for (const message of messages) this.#broken.push(`round ${this.#rounds}: ${message}`);
  }

  #report(): CrashTestReport {
    return {
      rounds: this.#rounds,
      counts: this.#counts,
      unanswered: this.#unanswered,
      slowestStartMilliseconds: this.#slowestStart,
      broken: this.#broken,
    };
  }
}

const longestStartMilliseconds = 600;
/** More would not tell anybody more. */
const mostBroken = 100;
