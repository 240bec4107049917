import {
  flag,
  listOf,
  mapOf,
  object,
  oneOf,
  optional,
  type ReadValue,
  readStrictly,
  text,
  whole,
} from './strict-reader.ts';

/** Says what a file is, whoever finds it. */
export const transferFormat = 'cairn-export';
export const transferVersion = 1;

const many = { max: 1_000_000 };
const name = text({ min: 1, max: 128, pattern: /^[\w+=,.@-]+$/ });
const path = text({ min: 1, max: 512, pattern: /^\/(?:[\x21-\x7e]+\/)?$/ });
const policyText = text({ min: 2, max: 200_000 });
const arns = listOf(text({ min: 20, max: 2048, pattern: /^arn:[\x21-\x7e]+$/ }), { max: 20 });
const inline = mapOf(policyText, { max: 100, name: /^[\w+=,.@-]{1,128}$/ });
const tags = listOf(
  object({
    key: text({ min: 1, max: 128, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u }),
    value: text({ max: 256, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u }),
  }),
  { max: 50 },
);
const moment = whole({ min: 0, max: 8_640_000_000_000_000 });
const bound = optional(whole({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const quota = object({ bytes: bound, objects: bound });
const rate = optional(whole({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const rateLimits = object({ requests: rate, bytes: rate });
const accountId = text({ min: 12, max: 15, pattern: /^(?:\d{12}|\d{15})$/ });
/** Nonce, tag and ciphertext, in base64. */
const sealed = text({ min: 40, max: 8192, pattern: /^[A-Za-z0-9+/]+={0,2}$/ });
const accessKeyId = text({ min: 3, max: 128, pattern: /^[\w.-]+$/ });

/** Nothing that XML cannot carry, or that a terminal would obey. */
const oneLine = /^[^\p{Cc}\ufffe\uffff]*$/u;
/** The same with line breaks and tabs. */
const paragraph = /^(?:[\t\n\r]|[^\p{Cc}\ufffe\uffff])*$/u;

const accessKey = object({
  accessKeyId,
  status: oneOf('active', 'inactive'),
  secret: sealed,
  rateLimits: optional(rateLimits),
  serviceAccount: optional(
    object({
      name: text({ max: 128, pattern: oneLine }),
      description: text({ max: 1024, pattern: oneLine }),
      policy: optional(policyText),
      expiresAt: optional(moment),
    }),
  ),
});
const accessKeys = listOf(accessKey, { max: 200 });

const policy = object({
  name,
  path,
  description: text({ max: 1000, pattern: paragraph }),
  tags,
  defaultVersion: whole({ min: 1, max: 999_999_999 }),
  versions: listOf(object({ number: whole({ min: 1, max: 999_999_999 }), text: policyText }), { max: 5 }),
});

const group = object({ name, path, attached: arns, inline });

const user = object({
  name: text({ min: 1, max: 64, pattern: /^[\w+=,.@-]+$/ }),
  path,
  tags,
  boundary: optional(text({ min: 20, max: 2048 })),
  attached: arns,
  inline,
  groups: listOf(name, { max: 10 }),
  /** What there is of it is one sealed text: hashes can be tried at leisure by whoever has them. */
  loginProfile: optional(sealed),
  accessKeys: optional(accessKeys),
});

const role = object({
  name: text({ min: 1, max: 64, pattern: /^[\w+=,.@-]+$/ }),
  path,
  description: text({ max: 1000, pattern: paragraph }),
  maximumSessionSeconds: whole({ min: 3600, max: 43_200 }),
  trustPolicy: policyText,
  tags,
  boundary: optional(text({ min: 20, max: 2048 })),
  attached: arns,
  inline,
});

const oidcProvider = object({
  url: text({ min: 1, max: 255, pattern: /^[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[\x21-\x7e]*)?$/ }),
  clientIds: listOf(text({ min: 1, max: 255, pattern: /^[\x20-\x7e]+$/ }), { max: 100 }),
  thumbprints: listOf(text({ min: 40, max: 40, pattern: /^[0-9a-fA-F]+$/ }), { max: 5 }),
  tags,
});

const passwordPolicy = object({
  minimumLength: whole({ min: 6, max: 128 }),
  requireSymbols: flag,
  requireNumbers: flag,
  requireUppercase: flag,
  requireLowercase: flag,
  allowUsersToChange: flag,
  maximumAge: whole({ min: 0, max: 1095 }),
  reusePrevention: whole({ min: 0, max: 24 }),
  hardExpiry: flag,
});

/** Configurations as S3's API gives and takes them: XML or JSON, by sub-resource and, where there are several, by id. */
const configuration = mapOf(text({ min: 1, max: 1_000_000 }), {
  max: 5000,
  name: /^[a-zA-Z-]{1,32}(?:\/[\w.-]{1,64})?$/,
});
const bucket = object({
  name: text({ min: 3, max: 255 }),
  objectLock: optional(flag),
  quota: optional(quota),
  compression: optional(oneOf('zstd')),
  configuration,
});

export const tenantShape = object({
  accountId,
  name: text({ min: 1, max: 128, pattern: /^[\w+=,.@-][\w+=,.@ -]*$/ }),
  canonicalId: text({ min: 1, max: 128, pattern: /^[\w-]+$/ }),
  email: text({ max: 256, pattern: /^(?:[^\s@]+@[^\s@]+)?$/ }),
  isSystem: optional(flag),
  disabled: optional(flag),
  alias: optional(text({ min: 3, max: 63, pattern: /^[a-z0-9](?:[a-z0-9]|-(?!-))*[a-z0-9]$/ })),
  quota: optional(quota),
  rateLimits: optional(rateLimits),
  publicAccessBlock: optional(
    object({
      blockPublicAcls: flag,
      ignorePublicAcls: flag,
      blockPublicPolicy: flag,
      restrictPublicBuckets: flag,
    }),
  ),
  passwordPolicy: optional(passwordPolicy),
  policies: listOf(policy, many),
  groups: listOf(group, many),
  users: listOf(user, many),
  roles: listOf(role, many),
  oidcProviders: listOf(oidcProvider, { max: 1000 }),
  // Commands on the server’s own machine set no bound.
  rootAccessKeys: optional(listOf(accessKey, { max: 10_000 })),
  buckets: listOf(bucket, many),
});

const remote = object({
  name: text({ min: 1, max: 63, pattern: /^[a-z0-9-]+$/ }),
  endpoint: text({ min: 8, max: 2048 }),
  region: text({ max: 64, pattern: /^[\w-]*$/ }),
  accessKeyId: text({ min: 1, max: 128, pattern: /^[\x21-\x7e]+$/ }),
  secret: optional(sealed),
  accountId,
});

const eventTarget = object({
  name: text({ min: 1, max: 128, pattern: /^[\w.-]+$/ }),
  type: text({ min: 1, max: 32, pattern: /^[a-z0-9-]+$/ }),
  url: text({ min: 1, max: 4096 }),
  options: mapOf(text({ max: 4096 }), { max: 64, name: /^[\w-]{1,64}$/ }),
  accountIds: listOf(accountId, { max: 10_000 }),
  secret: optional(sealed),
});

/** How the key that seals secrets is made of a passphrase: Argon2id (RFC 9106). */
const sealing = object({
  kdf: oneOf('argon2id'),
  memoryKiB: whole({ min: 1024, max: 262_144 }),
  passes: whole({ min: 1, max: 10 }),
  lanes: whole({ min: 1, max: 4 }),
  salt: text({ min: 22, max: 88, pattern: /^[A-Za-z0-9+/]+={0,2}$/ }),
  /** A word sealed with that key, by which a wrong passphrase is known. */
  check: sealed,
});

const transferShape = object({
  format: oneOf(transferFormat),
  version: whole({ min: transferVersion, max: transferVersion }),
  sealing: optional(sealing),
  tenants: listOf(tenantShape, { max: 100_000 }),
  remotes: optional(listOf(remote, { max: 10_000 })),
  eventTargets: optional(listOf(eventTarget, { max: 1000 })),
});

/** All identities and configuration of one tenant, or of an installation. Secrets are in it sealed, or not at all. */
export type TransferDocument = ReadValue<typeof transferShape>;
export type TenantDocument = ReadValue<typeof tenantShape>;
export type PolicyEntry = ReadValue<typeof policy>;
export type GroupEntry = ReadValue<typeof group>;
export type UserEntry = ReadValue<typeof user>;
export type RoleEntry = ReadValue<typeof role>;
export type OidcProviderEntry = ReadValue<typeof oidcProvider>;
export type AccessKeyEntry = ReadValue<typeof accessKey>;
export type BucketEntry = ReadValue<typeof bucket>;
export type RemoteEntry = ReadValue<typeof remote>;
export type EventTargetEntry = ReadValue<typeof eventTarget>;
export type Sealing = ReadValue<typeof sealing>;

/** Throws ValidationError. */
export const readTransferDocument = (written: string, mostValues?: number): TransferDocument =>
  readStrictly(written, transferShape, mostValues);

/**
 * Two exports of the same state are the same bytes, but for sealed secrets. Characters that XML cannot carry, or that
 * terminals obey, are written as escapes.
 */
export function writeTransferDocument(document: TransferDocument): string {
  const written = JSON.stringify(document, undefined, 1);
  return `${written.replaceAll(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, escaped)}\n`;
}

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const profile = object({
  passwordHash: text({ min: 16, max: 512, pattern: /^[\x21-\x7e]+$/ }),
  passwordChangedAt: moment,
  resetRequired: flag,
  earlierHashes: listOf(text({ min: 16, max: 512, pattern: /^[\x21-\x7e]+$/ }), { max: 24 }),
});
export type ProfileEntry = ReadValue<typeof profile>;
export const readProfile = (written: string): ProfileEntry => readStrictly(written, profile);
