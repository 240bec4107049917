import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';
