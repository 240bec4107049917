import { bytesText } from '../services/doctor/finding.ts';
import type { UsageLine } from './accounting-commands.ts';
import { table } from './table.ts';

export function usageTable(lines: readonly UsageLine[]): string {
  return table(
    ['', 'NAME', 'OBJECTS', 'VERSIONS', 'OF', 'BYTES', 'IN UPLOADS', 'OF'],
    lines.map(({ of, name, usage, quota, isComplete }) => [
      of,
      name,
      String(usage.objects),
      String(usage.versions),
      quota?.objects === undefined ? '-' : String(quota.objects),
      isComplete ? bytesText(usage.bytes) : 'not counted yet',
      bytesText(usage.uploadBytes),
      quota?.bytes === undefined ? '-' : bytesText(quota.bytes),
    ]),
  );
}

export function usageJson({ of, name, usage, quota, isComplete }: UsageLine): object {
  return { [of]: name, ...usage, quota: quota ?? null, complete: isComplete };
}
