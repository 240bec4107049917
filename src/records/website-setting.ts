import type { Redirect, RoutingRule, WebsiteConfiguration, WebsiteProtocol } from '../domain/website.ts';
import { bucketSetting } from './bucket-setting.ts';

/** What a bucket is as a website. */
export const websiteSetting = bucketSetting<WebsiteConfiguration>({
  name: 'website',
  version: 1,
  migrations: [],
  toFields: (website) =>
    website.kind === 'redirect-all'
      ? [0, website.hostName, website.protocol ?? null]
      : [1, website.indexSuffix, website.errorKey ?? null, website.rules.map(packRule)],
  fromFields: ([kind, first, second, rules]) =>
    kind === 0
      ? { kind: 'redirect-all', hostName: first as string, protocol: optional<WebsiteProtocol>(second) }
      : {
          kind: 'site',
          indexSuffix: first as string,
          errorKey: optional<string>(second),
          rules: (rules as unknown[][]).map(unpackRule),
        },
});

function packRule({ keyPrefix, errorCode, redirect }: RoutingRule): readonly unknown[] {
  return [
    keyPrefix ?? null,
    errorCode ?? null,
    redirect.protocol ?? null,
    redirect.hostName ?? null,
    redirect.replaceKeyPrefixWith ?? null,
    redirect.replaceKeyWith ?? null,
    redirect.httpRedirectCode ?? null,
  ];
}

function unpackRule(fields: readonly unknown[]): RoutingRule {
  const redirect: Redirect = {
    protocol: optional<WebsiteProtocol>(fields[2]),
    hostName: optional<string>(fields[3]),
    replaceKeyPrefixWith: optional<string>(fields[4]),
    replaceKeyWith: optional<string>(fields[5]),
    httpRedirectCode: optional<number>(fields[6]),
  };
  return { keyPrefix: optional<string>(fields[0]), errorCode: optional<number>(fields[1]), redirect };
}

function optional<T>(field: unknown): T | undefined {
  return (field as T | null) ?? undefined;
}
