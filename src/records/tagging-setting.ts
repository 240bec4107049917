import type { Tag } from '../domain/tagging.ts';
import { bucketSetting } from './bucket-setting.ts';

/** The tags of a bucket itself. Stored only where there are some. */
export const taggingSetting = bucketSetting<readonly Tag[]>({
  name: 'tagging',
  version: 1,
  migrations: [],
  toFields: (tags) => [tags.map(({ key, value }) => [key, value])],
  fromFields: ([tags]) => (tags as [string, string][]).map(([key, value]) => ({ key, value })),
});
