import { userArn } from '../../../domain/identity-arn.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import { type AccessKeyRecord, accountRecordType } from '../../../records/account-record.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { lastUseRecordType } from '../../../records/last-use-record.ts';
import { type LoginProfileRecord, loginProfileRecordType } from '../../../records/login-profile-record.ts';
import { readRecord } from '../../../records/record-type.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { keysOf } from '../access-keys/key-owner.ts';
import { users } from '../entity-table.ts';
import { readPasswordPolicy } from './account-settings-service.ts';

interface ReportContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html#id_credentials_understanding_the_report_format */
const columns = [
  'user',
  'arn',
  'user_creation_time',
  'password_enabled',
  'password_last_used',
  'password_last_changed',
  'password_next_rotation',
  'mfa_active',
  ...['1', '2'].flatMap((key) => [
    `access_key_${key}_active`,
    `access_key_${key}_last_rotated`,
    `access_key_${key}_last_used_date`,
    `access_key_${key}_last_used_region`,
    `access_key_${key}_last_used_service`,
  ]),
  'cert_1_active',
  'cert_1_last_rotated',
  'cert_2_active',
  'cert_2_last_rotated',
];
const none = 'N/A';
const noCertificates = ['false', none, 'false', none];
const usersAtOnce = 100;
const day = 24 * 3_600_000;

/** The users of an account and the state of their passwords and keys, as comma-separated values. */
export async function credentialReport({ metadata, clock }: ReportContext, accountId: string): Promise<string> {
  const lines = [columns.join(',')];
  const account = await readRecord(metadata, accountRecordType, keyspace.account(accountId));
  const root = ['<root_account>', `arn:aws:iam::${accountId}:root`, written(account?.createdAt)];
  const noPassword = ['not_supported', 'not_supported', 'not_supported', 'not_supported', 'false'];
  lines.push(line([...root, ...noPassword, ...(await keyFields(metadata, await keysOf(metadata, { accountId })))]));
  const maximumAge = (await readPasswordPolicy(metadata, accountId))?.maximumAge ?? 0;
  for (let after: string | undefined; ; ) {
    const page = await users.page(metadata, accountId, { after, limit: usersAtOnce, pathPrefix: '/' });
    for (const user of page.entities) {
      const profile = await readRecord(metadata, loginProfileRecordType, keyspace.loginProfile(user.id));
      const keys = await keyFields(metadata, await keysOf(metadata, { accountId, user }));
      lines.push(
        line([
          ...userFields(user),
          ...passwordFields(profile, { maximumAge, usedAt: await usedAt(metadata, user.id) }),
          ...keys,
        ]),
      );
    }
    if (page.next === undefined) return `${lines.join('\n')}\n`;
    after = page.next;
    // Others are served in between: reads answer at once where the store is near.
    await clock.sleep(0);
  }
}

function userFields(user: UserRecord): readonly string[] {
  return [user.name, userArn(user), written(user.createdAt)];
}

/** When a password was used last. */
async function usedAt(metadata: MetadataEngine, id: string): Promise<number | undefined> {
  return (await readRecord(metadata, lastUseRecordType, keyspace.lastUse(id)))?.at;
}

function passwordFields(
  profile: LoginProfileRecord | undefined,
  { maximumAge, usedAt }: { readonly maximumAge: number; readonly usedAt: number | undefined },
): readonly string[] {
  if (!profile) return ['false', none, none, none, 'false'];
  const changedAt = profile.passwordChangedAt;
  const next = maximumAge === 0 ? none : written(changedAt + maximumAge * day);
  return ['true', usedAt === undefined ? 'no_information' : written(usedAt), written(changedAt), next, 'false'];
}

/** Of two keys, and of certificates, of which there are none. Service accounts are left out. */
async function keyFields(metadata: MetadataEngine, keys: readonly AccessKeyRecord[]): Promise<readonly string[]> {
  const plain = keys.filter(({ serviceAccount }) => serviceAccount === undefined).slice(0, 2);
  const fields: string[] = [];
  for (const { accessKeyId, status, createdAt } of plain) {
    const use = await readRecord(metadata, lastUseRecordType, keyspace.lastUse(accessKeyId));
    const used = use ? [written(use.at), use.region, use.service] : [none, none, none];
    fields.push(String(status === 'active'), written(createdAt), ...used);
  }
  for (let i = plain.length; i < 2; i++) fields.push('false', none, none, none, none);
  return [...fields, ...noCertificates];
}

function written(time: number | undefined): string {
  return time === undefined ? none : `${new Date(time).toISOString().slice(0, 19)}+00:00`;
}

/** RFC 4180: names may have commas. */
function line(fields: readonly string[]): string {
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}
