import { bucketSetting } from './bucket-setting.ts';

/** What a bucket's owner said of transfer acceleration last. Nothing here goes faster or slower for it. */
export const accelerateSetting = bucketSetting<'Enabled' | 'Suspended'>({
  name: 'accelerate',
  version: 1,
  migrations: [],
  toFields: (status) => [status],
  fromFields: ([status]) => status as 'Enabled' | 'Suspended',
});
