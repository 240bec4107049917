import { refusalArn } from '../../domain/cairn-arn.ts';
import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import { keyspace } from '../../records/keyspace.ts';
import { decidedBy } from '../../services/refusals/refusal-view.ts';
import { text } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text as textElement } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { maxItems, tenantIdOf } from '../admin-parameters.ts';
import { refusalSummary, refusalSummaryElement } from '../refusal-answer.ts';

/** Requests of an account's principals, and for its buckets, that were refused of late: the newest first. */
export const listRefusals = defineAdminOperation({
  name: 'ListRefusals',
  input: {
    /** Left out: that of the caller. */
    Tenant: text({ min: 1, max: 128 }),
    MaxItems: maxItems,
    Marker: text({ min: 1, max: 64 }),
  },
  result: element({
    Refusals: element({ member: list(refusalSummaryElement) }),
    IsTruncated: boolean(),
    Marker: optional(textElement()),
  }),
  async requires({ Tenant }, caller, services) {
    const accountId = Tenant === undefined ? caller.account.accountId : await tenantIdOf(Tenant, caller, services);
    return [onIdentity('cairn:ListRefusals', accountId, refusalArn(accountId, '*'))];
  },
  async handle({ input: { Tenant, MaxItems, Marker }, principal }, services) {
    const accountId =
      Tenant === undefined ? principal.account.accountId : await tenantIdOf(Tenant, principal, services);
    const after = Marker === undefined ? undefined : keyspace.refusalOfAccount(accountId, placeIn(Marker));
    const { refusals, next } = await services.refusals.page(accountId, after, MaxItems);
    return {
      Refusals: { member: refusals.map((record) => refusalSummary({ ...record, by: decidedBy(record, accountId) })) },
      IsTruncated: next !== undefined,
      ...(next === undefined ? {} : { Marker: markerOf(next) }),
    };
  },
});

/** Time and id, as the list is ordered by them. */
const markerOf = (key: Buffer): string => key.subarray(-14).toString('base64url');

/** Throws ValidationError for a marker that no answer gave. */
function placeIn(marker: string): { readonly at: number; readonly requestId: string } {
  const bytes = Buffer.from(marker, 'base64url');
  if (bytes.length !== 14) throw new StorageError('ValidationError', { message: 'Invalid Marker.' });
  return { at: bytes.readUIntBE(0, 6), requestId: bytes.toString('hex', 6).toUpperCase() };
}
