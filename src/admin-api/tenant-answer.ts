import { tenantArn } from '../domain/cairn-arn.ts';
import { isSystemAccount } from '../domain/principal.ts';
import type { AccountRecord } from '../records/account-record.ts';
import type { Usage } from '../records/usage-record.ts';
import type { AccessKeyPair } from '../services/identity/identity-service.ts';
import { boolean, element, integer, optional, text, timestamp } from '../wire/xml/schema.ts';

export const quotaElement = element({ Bytes: optional(integer()), Objects: optional(integer()) });
const ratesElement = element({ RequestsPerSecond: optional(integer()), BytesPerSecond: optional(integer()) });

const tenantFields = {
  TenantId: text(),
  Name: text(),
  Arn: text(),
  CanonicalId: text(),
  Email: optional(text()),
  Alias: optional(text()),
  CreateDate: timestamp(),
  /** `Enabled` or `Disabled`. */
  State: text(),
  IsSystem: boolean(),
  Quota: optional(quotaElement),
  RateLimits: optional(ratesElement),
};
export const tenantElement = element(tenantFields);

export const usageElement = element({
  Objects: integer(),
  Versions: integer(),
  Bytes: integer(),
  Uploads: integer(),
  UploadBytes: integer(),
  /** False while the usage of an account that is older than usage is yet to be counted. */
  IsComplete: boolean(),
});
export const tenantWithUsage = element({ ...tenantFields, Usage: usageElement });

/** The only time that a secret is told. */
export const newKeyElement = element({ AccessKeyId: text(), SecretAccessKey: text() });

export const newKeyAnswer = ({ accessKeyId, secretAccessKey }: AccessKeyPair) => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
});

export function tenantAnswer(account: AccountRecord) {
  const { quota, rateLimits, alias } = account;
  return {
    TenantId: account.accountId,
    Name: account.displayName,
    Arn: tenantArn(account.accountId),
    CanonicalId: account.canonicalId,
    ...(account.email === '' ? {} : { Email: account.email }),
    ...(alias === undefined ? {} : { Alias: alias }),
    CreateDate: account.createdAt,
    State: account.disabled ? 'Disabled' : 'Enabled',
    IsSystem: isSystemAccount(account),
    ...(quota ? { Quota: quotaAnswer(quota) } : {}),
    ...(rateLimits
      ? {
          RateLimits: {
            ...(rateLimits.requests === undefined ? {} : { RequestsPerSecond: rateLimits.requests }),
            ...(rateLimits.bytes === undefined ? {} : { BytesPerSecond: rateLimits.bytes }),
          },
        }
      : {}),
  };
}

export const quotaAnswer = ({ bytes, objects }: NonNullable<AccountRecord['quota']>) => ({
  ...(bytes === undefined ? {} : { Bytes: bytes }),
  ...(objects === undefined ? {} : { Objects: objects }),
});

export function usageAnswer(usage: Usage, { usageUncounted }: AccountRecord) {
  return {
    Objects: usage.objects,
    Versions: usage.versions,
    Bytes: usage.bytes,
    Uploads: usage.uploads,
    UploadBytes: usage.uploadBytes,
    IsComplete: usageUncounted === undefined,
  };
}
