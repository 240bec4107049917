import type { ConditionContext } from '../../domain/policy/policy-request.ts';

/** What S3 itself writes into a bucket, on behalf of another one. */
export interface ServiceDelivery {
  /** Who writes, in the words of policies: `logging.s3.amazonaws.com` … */
  readonly service: string;
  readonly source: { readonly accountId: string; readonly bucket: string };
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** Of the bucket that is written into. */
  readonly region: string;
}

/** What policies may ask about it; `more`: what else is known, by condition key in lower case. */
export function serviceConditions(
  { service, source, now, region }: ServiceDelivery,
  more: Readonly<Record<string, string>> = {},
): ConditionContext {
  const values: Readonly<Record<string, string>> = {
    'aws:currenttime': new Date(now).toISOString(),
    'aws:epochtime': String(Math.floor(now / 1000)),
    'aws:principalisawsservice': 'true',
    'aws:principalservicename': service,
    'aws:requestedregion': region,
    'aws:securetransport': 'true',
    'aws:sourceaccount': source.accountId,
    'aws:sourcearn': `arn:aws:s3:::${source.bucket}`,
    ...more,
  };
  return { values: (key) => (Object.hasOwn(values, key) ? [values[key]!] : undefined) };
}
