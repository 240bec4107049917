import { posix } from 'node:path';

/** The text of each module, by its path from the root of the repository: `src/s3/pipeline.ts`. */
export type Sources = ReadonlyMap<string, string>;

/** The layers from the bottom up. A module imports from its own folder's layer and from those below. */
const layers: readonly (readonly string[])[] = [
  ['src/foundation'],
  ['src/domain'],
  ['src/engines'],
  ['src/records'],
  ['src/services'],
  ['src/settings.ts', 'src/settings-sources.ts'],
  ['src/wire'],
  [
    'src/s3',
    'src/cli',
    'src/workers',
    'src/telemetry',
    'src/http',
    'src/iam-api',
    'src/sts-api',
    'src/admin-api',
    'src/console-api',
  ],
  ['src/processes', 'src/main.ts'],
];
const topLayer = layers.length - 1;

/** The one thing that adapters know of each other: what they tell when a request is over. */
const sharedByAdapters = new Set(['src/telemetry/outcome.ts']);
const isWithin = (path: string, place: string) => path === place || path.startsWith(`${place}/`);

interface Home {
  readonly layer: number;
  readonly place: string;
}

function homeOf(path: string): Home | undefined {
  for (const [layer, places] of layers.entries()) {
    const place = places.find((candidate) => isWithin(path, candidate));
    if (place !== undefined) return { layer, place };
  }
  return undefined;
}

const importPatterns = [
  /^\s*(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'/gm,
  /^\s*import\s*'([^']+)'/gm,
  /\bimport\s*\(\s*'([^']+)'\s*\)/g,
];

/** The modules of the repository that a module imports, type imports and lazy ones among them. */
export function importsOf(path: string, source: string): string[] {
  const found = importPatterns.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]!));
  return [...new Set(found)]
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(path), specifier));
}

/** Imports that point upwards, or sideways between adapters or between implementations of engines. */
export function layerViolations(sources: Sources): string[] {
  const violations: string[] = [];
  for (const [path, source] of sources) {
    const home = homeOf(path);
    if (home === undefined) {
      violations.push(`${path} belongs to no layer`);
      continue;
    }
    for (const target of importsOf(path, source)) {
      const problem = edgeProblem({ path, home }, target);
      if (problem !== undefined) violations.push(`${path} imports ${target}: ${problem}`);
    }
  }
  return violations;
}

function edgeProblem({ path, home }: { path: string; home: Home }, target: string): string | undefined {
  const targetHome = homeOf(target);
  if (targetHome === undefined) return 'outside src';
  if (targetHome.layer > home.layer) return `upwards, from layer ${home.layer} to ${targetHome.layer}`;
  const isAdapter = home.layer === topLayer - 1;
  if (
    isAdapter &&
    targetHome.layer === home.layer &&
    targetHome.place !== home.place &&
    !sharedByAdapters.has(target)
  ) {
    return 'sideways, from adapter to adapter';
  }
  const [engine, targetEngine] = [engineOf(path), engineOf(target)];
  if (engine !== undefined && targetEngine !== undefined && engine !== targetEngine) {
    return 'sideways, from engine to engine';
  }
  return undefined;
}

const engineOf = (path: string): string | undefined => /^src\/engines\/([^/]+\/[^/]+)\//.exec(path)?.[1];

/** Circles of imports, each once, as `a → b → a`. */
export function importCycles(sources: Sources): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const trail: string[] = [];
  const visit = (path: string) => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    const source = sources.get(path);
    if (source === undefined) return;
    state.set(path, 'open');
    trail.push(path);
    for (const target of importsOf(path, source)) visit(target);
    trail.pop();
    state.set(path, 'done');
  };
  for (const path of sources.keys()) visit(path);
  return cycles;
}

const bannedWords = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'misc',
  'manager',
  'handler',
  'base',
  'impl',
]);

/** Files and folders whose name says nothing, or that are not in kebab-case. */
export function badNames(paths: Iterable<string>): string[] {
  return [...paths].filter((path) =>
    path.split('/').some((part) => {
      const words = part.replace(/(\.test)?\.ts$/, '').split('-');
      return words.some((word) => bannedWords.has(word)) || !/^[a-z0-9-]+(\.test)?(\.ts)?$/.test(part);
    }),
  );
}

const ambient =
  /\b(Date\.now|new Date\(\s*\)|performance\.now|process\.hrtime|setTimeout|setInterval|Math\.random|randomBytes|randomUUID|randomInt|getRandomValues|AbortSignal\.timeout)\b|new Date\(\s*\)/;
/** Where time and chance come from, and where the real world is touched. */
const mayUseAmbient = [
  'src/foundation',
  'src/engines/metadata/lmdb',
  'src/engines/metadata/postgres',
  'src/engines/blobs/files',
  'src/engines/blobs/s3',
  'src/engines/blobs/rados',
  'src/http',
  'src/processes',
  'src/main.ts',
];

/** Modules that read the clock, set timers or draw random numbers by themselves, so that no simulation could repeat them. */
export function ambientUses(sources: Sources): string[] {
  const violations: string[] = [];
  for (const [path, source] of sources) {
    if (mayUseAmbient.some((place) => isWithin(path, place))) continue;
    const use = ambient.exec(withoutComments(source));
    if (use !== null) violations.push(`${path} uses ${use[0]}: take a Clock or a Random as a parameter`);
  }
  return violations;
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[\s;{(,])\/\/.*$/gm, '$1');
}
