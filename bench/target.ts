import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Credentials, type RequestToSign, signV4 } from '../tests/signing/sign-v4.ts';
import type { ThroughputOptions } from './throughput-options.ts';

/** A server that is measured. */
export interface Target {
  readonly name: 'cairn' | 'baseline' | 'server';
  /** Address and port to connect to. */
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly credentials: Credentials;
  /** Buckets of this run begin with it. */
  readonly bucketPrefix: string;
  /** Its main process; undefined where it is unknown. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

const launcher = fileURLToPath(new URL('../bin/cairn.js', import.meta.url));
const baselineServer = fileURLToPath(new URL('./baseline-server.ts', import.meta.url));
