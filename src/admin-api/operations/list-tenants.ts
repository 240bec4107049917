import { everyTenant } from '../../domain/cairn-arn.ts';
import { StorageError } from '../../domain/errors.ts';
import { onInstallation } from '../../domain/grant.ts';
import { text } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text as textElement } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { maxItems } from '../admin-parameters.ts';
import { tenantAnswer, tenantWithUsage, usageAnswer } from '../tenant-answer.ts';

/** All tenants with what they hold, in the order of their ids. */
export const listTenants = defineAdminOperation({
  name: 'ListTenants',
  input: { MaxItems: maxItems, Marker: text({ min: 1, max: 320 }) },
  result: element({
    Tenants: element({ member: list(tenantWithUsage) }),
    IsTruncated: boolean(),
    Marker: optional(textElement()),
  }),
  requires: () => [onInstallation('cairn:ListTenants', everyTenant)],
  async handle({ input: { MaxItems, Marker } }, { tenants }) {
    const page = await tenants.list({ after: idIn(Marker), limit: MaxItems });
    return {
      Tenants: {
        member: page.tenants.map(({ account, usage }) => ({
          ...tenantAnswer(account),
          Usage: usageAnswer(usage, account),
        })),
      },
      IsTruncated: page.next !== undefined,
      ...(page.next === undefined ? {} : { Marker: Buffer.from(page.next).toString('base64url') }),
    };
  },
});

function idIn(marker: string | undefined): string | undefined {
  if (marker === undefined) return undefined;
  const id = Buffer.from(marker, 'base64url').toString();
  if (/^\d{12,15}$/.test(id)) return id;
  throw new StorageError('ValidationError', { message: 'The Marker is none of this list.' });
}
