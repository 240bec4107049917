import { bytesText } from '../../../services/doctor/finding.ts';
import { fields, moment } from '../../table.ts';
import type { Tenant } from './tenant-shapes.ts';

export function tenantText(tenant: Tenant): string {
  const { Quota: quota = {}, RateLimits: rates = {} } = tenant;
  return fields([
    ['Tenant', `${tenant.Name}${tenant.IsSystem ? ' (the system account)' : ''}`],
    ['Account id', tenant.TenantId],
    ['Canonical id', tenant.CanonicalId],
    ['E-mail', tenant.Email],
    ['Alias', tenant.Alias],
    ['State', tenant.State],
    ['Created', moment(tenant.CreateDate)],
    [
      'Quota',
      bounds([quota.Bytes === undefined ? undefined : bytesText(quota.Bytes), counted(quota.Objects, 'objects')]),
    ],
    [
      'Limits',
      bounds([
        counted(rates.RequestsPerSecond, 'requests/s'),
        rates.BytesPerSecond === undefined ? undefined : `${bytesText(rates.BytesPerSecond)}/s`,
      ]),
    ],
  ]);
}

const counted = (count: number | undefined, what: string) => (count === undefined ? undefined : `${count} ${what}`);
const bounds = (all: readonly (string | undefined)[]) => all.filter((each) => each !== undefined).join(', ') || 'none';
