import type { RoutingRule, WebsiteConfiguration, WebsiteDraft } from '../domain/website.ts';
import { element, list, optional, text } from '../wire/xml/schema.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html */
export const websiteDocument = {
  root: 'WebsiteConfiguration',
  schema: element({
    RedirectAllRequestsTo: optional(element({ HostName: text(), Protocol: optional(text()) })),
    IndexDocument: optional(element({ Suffix: text() })),
    ErrorDocument: optional(element({ Key: text() })),
    RoutingRules: optional(
      element({
        RoutingRule: list(
          element({
            Condition: optional(
              element({ HttpErrorCodeReturnedEquals: optional(text()), KeyPrefixEquals: optional(text()) }),
            ),
            Redirect: element({
              Protocol: optional(text()),
              HostName: optional(text()),
              ReplaceKeyPrefixWith: optional(text()),
              ReplaceKeyWith: optional(text()),
              HttpRedirectCode: optional(text()),
            }),
          }),
        ),
      }),
    ),
  }),
} as const;

/** The configuration as S3 shows it. */
export function showWebsite(website: WebsiteConfiguration): WebsiteDraft {
  if (website.kind === 'redirect-all') {
    return { RedirectAllRequestsTo: { HostName: website.hostName, ...given({ Protocol: website.protocol }) } };
  }
  const { indexSuffix, errorKey, rules } = website;
  return {
    IndexDocument: { Suffix: indexSuffix },
    ...(errorKey === undefined ? {} : { ErrorDocument: { Key: errorKey } }),
    ...(rules.length === 0 ? {} : { RoutingRules: { RoutingRule: rules.map(showRule) } }),
  };
}

function showRule({ keyPrefix, errorCode, redirect }: RoutingRule) {
  const condition = given({ HttpErrorCodeReturnedEquals: errorCode?.toString(), KeyPrefixEquals: keyPrefix });
  return {
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
    Redirect: given({
      Protocol: redirect.protocol,
      HostName: redirect.hostName,
      ReplaceKeyPrefixWith: redirect.replaceKeyPrefixWith,
      ReplaceKeyWith: redirect.replaceKeyWith,
      HttpRedirectCode: redirect.httpRedirectCode?.toString(),
    }),
  };
}

function given<T extends Readonly<Record<string, string | undefined>>>(values: T): { [K in keyof T]?: string } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: string };
}
