import { uploadLimits } from '../../src/domain/multipart.ts';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { Logger } from '../../src/foundation/logger.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import { reclaimBlobs } from '../../src/workers/reclaim-blobs.ts';
import type { Attempt } from './attempt.ts';
import { minimumPartSize } from './call-draws.ts';
import { watchClock } from './clock-watch.ts';
import { heal, ownerName, type QuietStore } from './healing.ts';
import { checkChain, checkOrder, checkVersionListing, type HistoryVerdict } from './history.ts';
import { identityModel } from './identity-model.ts';
import { keyModel } from './key-model.ts';
import { Ledger } from './ledger.ts';
import { Marks } from './marks.ts';
import { observed } from './observed-engines.ts';
import type { Caller, Services } from './operation.ts';
import type { Plan, PlannedEvent } from './plan.ts';
import { Scheduler } from './scheduler.ts';
import { SeededStream } from './seeded-stream.ts';
import { PlannedFaults, PowerCutBlobs } from './simulated-engines.ts';
import { SimulatedProcess, servicesIn, servicesOver } from './simulated-process.ts';
import { SimulatedTarget } from './simulated-target.ts';
import { userModel } from './user-model.ts';
import { makeLogTarget } from './workload/access-logs.ts';
import { makeEventTarget } from './workload/events.ts';
import { makeUsers } from './workload/identities.ts';
import { makeInventoryTarget } from './workload/inventories.ts';
import { perform } from './workload.ts';

/** What came of a run. No violations: nothing that it did is against the promises of the store. */
export interface Verdict {
  readonly violations: readonly string[];
  /** Equal for equal plans and equal programs. */
  readonly digest: string;
  readonly steps: number;
  /** Pairs of calls about one key that overlapped: a run without any has not tested much. */
  readonly overlaps: number;
  readonly marks: Marks;
  readonly lastLines: readonly string[];
}

const startOfTime = Date.UTC(2026, 0, 1);
const stepLimit = 60_000;
const accountId = '123456789012';
const background = -1;

/** Plays a plan to its end, lets the store heal and checks all that was promised. */
export async function simulate(plan: Plan): Promise<Verdict> {
  const restore = allowSmallParts();
  try {
    return await new Simulation(plan).run();
  } finally {
    restore();
  }
}

/** Parts of 5 MiB would make each run a hundred times slower, and find nothing that small ones do not. */
function allowSmallParts(): () => void {
  // The limits are constants to everybody else.
  const limits = uploadLimits as { minimumPartSize: number };
  const { minimumPartSize: real } = limits;
  limits.minimumPartSize = minimumPartSize;
  return () => {
    limits.minimumPartSize = real;
  };
}

class Simulation {
  readonly #plan: Plan;
  readonly #scheduler: Scheduler;
  readonly #ledger: Ledger;
  readonly #marks = new Marks();
  readonly #shared: { metadata: ReturnType<typeof memoryMetadataEngine>; blobs: PowerCutBlobs };
  readonly #processes = new Map<number, SimulatedProcess>();
  readonly #faults = new Map<number, PlannedFaults>();
  readonly #services = new Map<number, { life: object; services: Services }>();
  readonly #draws = new Map<number, SeededStream>();
  readonly #stopBackground = new AbortController();
  readonly #target = new SimulatedTarget();
  #serverStartedAt = startOfTime;
  #isHealing = false;
  #passed = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#scheduler = new Scheduler(plan.latency, startOfTime);
    this.#ledger = new Ledger(this.#scheduler);
    const clock = { now: () => Math.floor(this.#scheduler.now + this.#passed), sleep: async () => {} };
    const settling = new SeededStream(`${plan.seed} settling`);
    this.#shared = {
      metadata: memoryMetadataEngine({
        conflictRate: plan.conflictRate,
        random: new SeededStream(`${plan.seed} conflicts`),
      }),
      blobs: new PowerCutBlobs(memoryBlobEngine({ clock, pieceLength: plan.pieceLength }), async () => {
        if (this.#isHealing) return;
        await this.#scheduler.sleep(undefined, 'settling', settling.fraction() * plan.latency.usual);
      }),
    };
    for (let index = background; index < plan.processes; index++) {
      const name = index === background ? 'background' : `process ${index}`;
      this.#processes.set(index, new SimulatedProcess(name, this.#scheduler));
    }
    for (let client = background; client < plan.clients.length; client++) {
      const own = plan.faults.filter((fault) => fault.client === client);
      const faults = new PlannedFaults(own, (call, kind) => {
        this.#marks.hit('fault');
        this.#scheduler.note(undefined, `client ${client}: ${call} fails (${kind})`);
      });
      this.#faults.set(client, faults);
    }
  }

  async run(): Promise<Verdict> {
    const quiet = this.#quietStore();
    await this.#prepare(quiet);
    const clients = this.#plan.clients.map((_, client) => this.#runClient(client));
    for (const event of this.#plan.events) void this.#runEvent(event);
    void this.#runBackground();
    void Promise.all(clients).then(() => this.#scheduler.stop());
    const end = await this.#scheduler.run(stepLimit);
    if (end !== 'stopped') this.#ledger.violate(`the run is ${end}`);
    for (const process of this.#processes.values()) process.killAndRestart();
    this.#isHealing = true;
    this.#marks.hit('answer lost', this.#ledger.closeOpen());
    for (const faults of this.#faults.values()) faults.heal();
    const furthest = Math.max(...[...this.#processes.values()].flatMap(({ clockOffsets }) => clockOffsets));
    const latest = Math.floor(this.#scheduler.now) + furthest;
    // Far enough for any clock that was ahead.
    this.#passed += 2 * 3_600_000 + furthest;
    this.#target.heal();
    try {
      await heal(quiet, { ...this.#quietCaller(quiet), graceHolds: true });
    } catch (error) {
      this.#ledger.violate(`healing failed: ${error instanceof Error ? error.stack : error}`);
    }
    const overlaps = this.#checkHistories(latest);
    return {
      violations: this.#ledger.violations,
      digest: this.#scheduler.digest(),
      steps: this.#scheduler.steps,
      overlaps,
      marks: this.#marks,
      lastLines: this.#scheduler.lastLines(40),
    };
  }

  /** Services without scheduler and faults, on a clock of their own. */
  #quietStore(): QuietStore {
    const context: Omit<ServiceContext, 'subscribers'> = {
      ...this.#shared,
      coldBlobs: this.#shared.blobs,
      clock: { now: () => Math.floor(this.#scheduler.now + this.#passed), sleep: async () => {} },
      random: new SeededStream(`${this.#plan.seed} quiet`),
      logger: this.#logger({ errorsAreViolations: true }),
      storage: { inlineBytes: this.#plan.inlineBytes, reclaimGraceMilliseconds: this.#plan.graceMilliseconds },
    };
    return {
      engines: { ...this.#shared, coldBlobs: this.#shared.blobs },
      services: servicesOver(context),
      pass: (milliseconds) => {
        this.#passed += milliseconds;
      },
    };
  }

  async #prepare({ services }: QuietStore): Promise<void> {
    this.#isHealing = true;
    await services.identity.createAccount({ name: ownerName, accountId });
    const caller = this.#quietCaller({ services });
    for (const [bucket, versioning] of this.#plan.buckets.entries()) {
      await perform(caller, { kind: 'create-bucket', bucket });
      if (versioning !== 'unversioned') await perform(caller, { kind: 'versioning', bucket, to: versioning });
    }
    const kinds = new Set(this.#plan.clients.flatMap(({ calls }) => calls.map(({ kind }) => kind)));
    if (kinds.has('user-signs-in')) await makeUsers(caller);
    if (kinds.has('log-line')) await makeLogTarget(caller);
    if (kinds.has('notify')) await makeEventTarget(caller);
    if (kinds.has('inventory')) await makeInventoryTarget(caller);
    this.#isHealing = false;
  }

  #quietCaller({ services }: Pick<QuietStore, 'services'>): Caller {
    const truth = () => services.context.clock.now();
    return {
      ...this.#callerOf(background),
      services,
      pause: async () => {},
      wayToTarget: { pause: async () => {}, draws: this.#drawsOf(background) },
      watchClock: () => watchClock({ truth, offsets: [0] }),
    };
  }

  #callerOf(client: number): Caller {
    const { latency, graceMilliseconds, events } = this.#plan;
    const process = this.#processOf(client);
    const slowest = latency.rare > 0 ? Math.max(latency.long, latency.usual) : latency.usual;
    return {
      client,
      plan: this.#plan,
      services: this.#servicesOf(client),
      ledger: this.#ledger,
      marks: this.#marks,
      accountId,
      graceHolds: graceMilliseconds >= 20 * slowest && !events.some(({ kind }) => kind === 'clock'),
      target: this.#target,
      wayToTarget: {
        draws: this.#drawsOf(client),
        pause: () => process.pause(this.#drawsOf(client).fraction() * latency.usual),
      },
      watchClock: () => process.watchClock(),
      pause: (milliseconds) => process.pause(milliseconds),
    };
  }

  #processOf(client: number): SimulatedProcess {
    const index = client === background ? background : this.#plan.clients[client]!.process;
    return this.#processes.get(index)!;
  }

  #servicesOf(client: number): Services {
    const process = this.#processOf(client);
    const known = this.#services.get(client);
    if (known?.life === process.life) return known.services;
    const services = servicesIn(process, {
      shared: this.#shared,
      plan: this.#plan,
      draws: () => this.#drawsOf(client),
      ids: new SeededStream(`${this.#plan.seed} ids ${client} ${process.life.life}`),
      faults: this.#faults.get(client)!,
      logger: this.#logger({ errorsAreViolations: this.#plan.faults.length === 0 && this.#plan.events.length === 0 }),
      observe: (metadata, blobs) => observed({ metadata, blobs }, this.#marks, client === background),
    });
    this.#services.set(client, { life: process.life, services });
    return services;
  }

  #drawsOf(client: number): SeededStream {
    const known = this.#draws.get(client) ?? new SeededStream(`${this.#plan.seed} latency ${client}`);
    this.#draws.set(client, known);
    return known;
  }

  #logger({ errorsAreViolations }: { errorsAreViolations: boolean }): Logger {
    return {
      debug() {},
      info() {},
      warn() {},
      error: (fields, message) => {
        this.#scheduler.note(undefined, `logged: ${message} ${fields.err}`);
        if (errorsAreViolations) this.#ledger.violate(`logged: ${message} ${fields.err}`);
      },
    };
  }

  async #runClient(client: number): Promise<void> {
    const { calls } = this.#plan.clients[client]!;
    const repeats = new Map<string, number>();
    for (const [at, call] of calls.entries()) {
      // Each call draws its latencies afresh, so that leaving one out leaves the others as they were.
      const text = JSON.stringify(call);
      const repeat = (repeats.get(text) ?? 0) + 1;
      repeats.set(text, repeat);
      const draws = new SeededStream(`${this.#plan.seed} latency ${client} ${text} ${repeat}`);
      const pause = draws.fraction() * this.#plan.latency.usual * 5;
      await this.#scheduler.sleep(undefined, `client ${client} call ${at}: ${text}`, pause);
      this.#draws.set(client, draws);
      const { died } = this.#processOf(client);
      this.#marks.hit(`made: ${call.kind}`);
      const made = perform(this.#callerOf(client), call).catch((error: unknown) => {
        this.#ledger.violate(`a call failed: ${error instanceof Error ? error.stack : error}`);
      });
      await Promise.race([made, died]);
    }
  }

  /** The reclaim worker, started again whenever it dies. */
  async #runBackground(): Promise<void> {
    const process = this.#processes.get(background)!;
    while (!this.#isHealing) {
      const { context } = this.#servicesOf(background);
      const worker = reclaimBlobs(context, { serverStartedAt: this.#serverStartedAt });
      const { died } = process;
      await Promise.race([worker.run(this.#stopBackground.signal), died]);
    }
  }

  async #runEvent(event: PlannedEvent): Promise<void> {
    await this.#scheduler.sleep(undefined, JSON.stringify(event), event.at);
    if (event.kind === 'kill') {
      this.#marks.hit('process killed');
      this.#processes.get(event.process)?.killAndRestart();
    } else if (event.kind === 'clock') {
      this.#marks.hit('clock changed');
      const process = this.#processes.get(event.process);
      process?.setClock(event.offset);
    } else if (event.kind === 'target-crash') {
      this.#marks.hit('target of events killed');
      this.#target.crash(new SeededStream(`${this.#plan.seed} target ${event.at}`));
      await this.#scheduler.sleep(undefined, 'the target starts again', event.milliseconds);
      this.#target.restart();
    } else {
      this.#marks.hit('power cut');
      for (const process of this.#processes.values()) process.killAndRestart();
      const changed = await this.#shared.blobs.cutPower(new SeededStream(`${this.#plan.seed} power`));
      this.#marks.hit('blob changed by a power cut', changed);
      this.#serverStartedAt = Math.floor(this.#scheduler.now);
    }
  }

  /** Answers how many pairs of calls overlapped. */
  #checkHistories(latest: number): number {
    let overlaps = 0;
    const { heard, keptUntil, writeOfVersion } = this.#ledger;
    for (const violation of heard?.violations ?? []) this.#ledger.violate(violation);
    for (const key of this.#plan.keys.keys()) {
      const history = this.#ledger.attempts.filter((attempt) => attempt.key === key);
      overlaps += countOverlaps(history);
      const lost = checkChain(history);
      if (lost) this.#ledger.violate(`key ${key}: ${lost}`);
      for (const listing of this.#ledger.versionListings.filter((listing) => listing.key === key)) {
        const wrong = checkVersionListing(history, listing);
        if (wrong) this.#ledger.violate(`key ${key}: ${wrong}`);
      }
      const told = heard?.of(key, writeOfVersion) ?? [];
      this.#judge(`key ${key}`, checkOrder(history, keyModel({ minimumPartSize, told, keptUntil, latest })));
    }
    const { identityAttempts, userAttempts } = this.#ledger;
    this.#judge('identity', checkOrder(identityAttempts, identityModel));
    this.#judge('users', checkOrder(userAttempts, userModel));
    return overlaps + countOverlaps(identityAttempts) + countOverlaps(userAttempts);
  }

  #judge(what: string, verdict: HistoryVerdict): void {
    if (verdict.kind === 'too wide') this.#marks.hit('history too wide');
    if (verdict.kind === 'illegal') this.#ledger.violate(`${what}: ${verdict.explanation}`);
  }
}

function countOverlaps(history: readonly Pick<Attempt, 'start' | 'end'>[]): number {
  const sorted = [...history].sort((a, b) => a.start - b.start);
  let overlaps = 0;
  for (let at = 1; at < sorted.length; at++) {
    if (sorted[at]!.start < sorted[at - 1]!.end) overlaps++;
  }
  return overlaps;
}
