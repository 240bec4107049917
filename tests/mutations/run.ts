import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Mutation, mutations } from './mutations.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Result {
  readonly status: 'red' | 'green' | 'does not apply';
  readonly note: string;
}

/** Breaks a copy of the product in each way in turn, and says whether anything noticed. */
async function main(chosen: readonly string[]): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'mutations-'));
  let holes = 0;
  try {
    for (const name of ['src', 'tests', 'package.json']) {
      await cp(join(root, name), join(directory, name), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
    for (const mutation of mutations) {
      if (chosen.length > 0 && !chosen.some((words) => mutation.name.includes(words))) continue;
      const { status, note } = await tryOut(mutation, directory);
      if (status !== 'red') holes++;
      console.log(`${status.padEnd(14)} ${mutation.name}${note && `\n${' '.repeat(15)}${note}`}`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  console.log(holes === 0 ? 'every mutation was noticed' : `${holes} mutations were not noticed, or no longer apply`);
  return holes === 0 ? 0 : 1;
}

async function tryOut({ file, from, to, red, name }: Mutation, directory: string): Promise<Result> {
  const path = join(directory, file);
  const source = await readFile(path, 'utf8');
  if (source.split(from).length !== 2) return { status: 'does not apply', note: `${file} has it not once` };
  await writeFile(
    path,
    source.replace(from, () => to),
  );
  try {
    const { code, output } = await play(parametersFor(name, red), directory);
    // A mutation that cannot be loaded, or names what is not there, proves nothing.
    if (/SyntaxError|ReferenceError|ERR_MODULE_NOT_FOUND/.test(output))
      return { status: 'does not apply', note: output.slice(0, 300) };
    const [note = ''] = output.split('\n').filter((line) => line.startsWith('seed '));
    return { status: code === 0 ? 'green' : 'red', note: note.replace(`seed ${name}-`, '').slice(0, 160) };
  } finally {
    await writeFile(path, source);
  }
}

function parametersFor(name: string, red: Mutation['red']): readonly string[] {
  if ('test' in red) return ['--test', red.test];
  const simulation = ['tests/simulation/run.ts', '--brief'];
  return 'plan' in red
    ? [...simulation, '--plan', red.plan]
    : [...simulation, '--runs', String(red.runs), '--from', name];
}

function play(parameters: readonly string[], directory: string): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, parameters, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? 1, output })));
}

process.exitCode = await main(process.argv.slice(2));
