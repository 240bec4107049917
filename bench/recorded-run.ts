import type { Circumstances } from './machine.ts';
import type { Measurement } from './run-scenario.ts';

/** A run as it stands in bench/results. */
export type RecordedRun = ThroughputRun | ScaleRun | MemoryRun | IdentityRun;

export interface ThroughputRun extends Circumstances {
  /** `matrix` where the scenarios were made by --operations, --sizes and --clients. */
  readonly kind: 'throughput' | 'matrix';
  readonly options: { readonly seconds: number; readonly mostBytes: number; readonly baseline: boolean };
  readonly measurements: readonly Measurement[];
}

/** What many keys do to a store. */
export interface ScaleRun extends Circumstances {
  readonly kind: 'scale';
  readonly options: {
    readonly keys: number;
    readonly bytes: number;
    readonly seconds: number;
    readonly overHttp: boolean;
  };
  readonly fill: {
    readonly seconds: number;
    /** Keys per second in each twentieth of the keys. */
    readonly course: readonly number[];
  };
  /** From the start of the process to the first answer over HTTP. */
  readonly firstAnswerMilliseconds: number;
  readonly measurements: readonly (Measurement & {
    /** Its throughput in the full store divided by that in the empty one. */
    readonly ratioToEmpty?: number;
  })[];
  readonly worker: { readonly atRest: WorkerMemory; readonly after: WorkerMemory };
}

/** Of the worker that takes most. */
export interface WorkerMemory {
  readonly privateMegabytes: number;
  /** With the pages of files that are mapped, of the database above all. */
  readonly residentMegabytes: number;
}

export interface MemoryRun extends Circumstances {
  readonly kind: 'memory';
  readonly options: { readonly mebibytes: number; readonly slowClients: number };
  readonly worker: { readonly atRest: WorkerMemory };
  readonly phases: readonly {
    readonly phase: string;
    readonly seconds: number;
    /** How far it rose above where it was at rest. */
    readonly growth: WorkerMemory;
  }[];
}

/** What many users do to a server. */
export interface IdentityRun extends Circumstances {
  readonly kind: 'identity';
  readonly options: { readonly users: number; readonly decisions: number };
  readonly fillSeconds: number;
  /** What it takes to know who asks and to weigh it: the first time, over all users at random, and over one. */
  readonly decisions: {
    readonly firstMicroseconds: number;
    readonly allMicroseconds: number;
    readonly oneMicroseconds: number;
  };
  readonly firstAnswerMilliseconds: number;
  /** Of ListUsers, over HTTP. */
  readonly pages: readonly {
    readonly size: number;
    readonly medianMilliseconds: number;
    readonly mostMilliseconds: number;
  }[];
  /** At rest, and after a request of each user. */
  readonly worker: { readonly atRest: WorkerMemory; readonly after: WorkerMemory };
}
