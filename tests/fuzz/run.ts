import { parseArgs } from 'node:util';
import { operations } from '../../src/s3/operations/index.ts';
import { fuzzOperations } from './fuzz-operations.ts';

const usage = `npm run fuzz -- [--cases N] [--seed S] [--operation NAME]
Sends N odd requests (100000 unless told) to the operations of an S3 server in this process, and fails where an answer
is a 5xx (but 501), is not well-formed or does not come.`;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    operation: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const chosen = operations.filter(({ name }) => values.operation === undefined || name === values.operation);
if (values.help || chosen.length === 0 || !/^\d+$/.test(values.cases) || !/^\d+$/.test(values.seed)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
let failures = 0;
const startedAt = performance.now();
const { cases, met } = await fuzzOperations({
  operations: chosen,
  cases: Number(values.cases),
  seed: Number(values.seed),
  onDone({ name }, failure) {
    if (failure === undefined) return;
    failures++;
    const again = `npm run fuzz -- --cases ${Math.ceil(Number(values.cases) / chosen.length)} --seed ${values.seed} --operation ${name}`;
    console.log(`${name} failed: ${failure}\n  once more: ${again}\n`);
  },
});
for (const [name, marks] of met) {
  const counts = [...marks].sort(([, a], [, b]) => b - a).map(([mark, count]) => `${mark} × ${count}`);
  console.log(`${name.padEnd(34)} ${counts.slice(0, 8).join(', ')}`);
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(
  `${cases} requests, seed ${values.seed}, ${seconds} s: ${failures === 0 ? 'all well' : `${failures} failed`}`,
);
process.exit(failures === 0 ? 0 : 1);
