import type { CorsRule } from '../domain/cors.ts';
import { bucketSetting } from './bucket-setting.ts';

/** A bucket's CORS rules, in the order in which they are asked. */
export const corsSetting = bucketSetting<readonly CorsRule[]>({
  name: 'cors',
  version: 1,
  migrations: [],
  toFields: (rules) => [
    rules.map((rule) => [
      rule.id ?? null,
      rule.allowedOrigins,
      rule.allowedMethods,
      rule.allowedHeaders,
      rule.exposeHeaders,
      rule.maxAgeSeconds ?? null,
    ]),
  ],
  fromFields: ([rules]) =>
    (rules as unknown[][]).map((rule) => ({
      id: (rule[0] as string | null) ?? undefined,
      allowedOrigins: rule[1] as string[],
      allowedMethods: rule[2] as string[],
      allowedHeaders: rule[3] as string[],
      exposeHeaders: rule[4] as string[],
      maxAgeSeconds: (rule[5] as number | null) ?? undefined,
    })),
});
