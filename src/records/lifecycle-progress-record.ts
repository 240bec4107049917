import { recordType } from './record-type.ts';

/** How far the lifecycle rules of a bucket have been carried out in their last pass through it. */
export interface LifecycleProgressRecord {
  /** Of the rules: others begin anew. */
  readonly settingToken: string;
  /** Which period the pass is for: one that is over is followed by the next period's. */
  readonly period: number;
  readonly stage: 'versions' | 'uploads' | 'done';
  /** The key with which the stage goes on. */
  readonly key: string;
}

export const lifecycleProgressRecordType = recordType<LifecycleProgressRecord>({
  name: 'lifecycle-progress',
  version: 1,
  migrations: [],
  toFields: (p) => [p.settingToken, p.period, p.stage, p.key],
  fromFields: (f) => ({
    settingToken: f[0] as string,
    period: f[1] as number,
    stage: f[2] as LifecycleProgressRecord['stage'],
    key: f[3] as string,
  }),
});
