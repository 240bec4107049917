import { refusalArn } from '../../domain/cairn-arn.ts';
import { StorageError } from '../../domain/errors.ts';
import { type Grant, type Grants, onIdentity } from '../../domain/grant.ts';
import { isSystemAccount, type SignedPrincipal } from '../../domain/principal.ts';
import type { RefusalRecord } from '../../records/refusal-record.ts';
import { toldOf } from '../../services/refusals/refusal-store.ts';
import { viewOfRefusal } from '../../services/refusals/refusal-view.ts';
import { required, text } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { refusalAnswer, refusalElement } from '../refusal-answer.ts';

/**
 * Why a request was refused, by its id: which statements were looked at, which decided, and what would have allowed it.
 * An account learns it of its own principals, and of its own buckets; of each only what its own policies say.
 */
export const explainDecision = defineAdminOperation({
  name: 'ExplainDecision',
  input: { RequestId: required(text({ min: 16, max: 16, pattern: '[0-9A-Fa-f]{16}' })) },
  result: element({ Refusal: refusalElement }),
  async requires({ RequestId }, caller, { refusals }): Promise<Grants> {
    return grantsOn(accountsOf(await refusals.find(RequestId), caller), RequestId);
  },
  async handle({ input: { RequestId }, principal, access }, { refusals }) {
    const record = await refusals.find(RequestId);
    const accounts = accountsOf(record, principal);
    // It may have come since it was asked for.
    for (const grant of grantsOn(accounts, RequestId)) await access.require(grant);
    const shown = new Set(accounts);
    // The refusals of others are as if they were not there.
    if (!record || !toldOf(record).some((accountId) => shown.has(accountId))) {
      throw new StorageError('NoSuchEntity', {
        message: `There is no refusal of request ${RequestId}. One is there a second after it, and kept for some hours.`,
      });
    }
    return { Refusal: refusalAnswer(viewOfRefusal(record, (accountId) => shown.has(accountId))) };
  },
});

function grantsOn([first, ...more]: readonly [string, ...string[]], requestId: string): Grants {
  const grantOn = (accountId: string): Grant =>
    onIdentity('cairn:ExplainDecision', accountId, refusalArn(accountId, requestId.toUpperCase()));
  return [grantOn(first), ...more.map(grantOn)];
}

/** Of which accounts the caller is to be shown policies: its own, or as one of the system account all that have any. */
function accountsOf(record: RefusalRecord | undefined, { account }: SignedPrincipal): readonly [string, ...string[]] {
  const own = account.accountId;
  const told = record ? toldOf(record) : [];
  const [first, ...more] = told;
  if (first === undefined || !isSystemAccount(account) || told.includes(own)) return [own];
  return [first, ...more];
}
