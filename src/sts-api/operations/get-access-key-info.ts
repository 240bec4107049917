import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import { required, text } from '../../wire/query/parameters.ts';
import { element, text as textElement } from '../../wire/xml/schema.ts';
import { refuseSessions } from '../refuse-sessions.ts';
import { defineStsOperation } from '../sts-operation.ts';

/**
 * AWS tells anybody whose a key is. Here a tenant's keys are the tenant's to know of, and ids do not spell the account:
 * keys of others are refused as those are that nobody has. Temporary keys are stored nowhere.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
 */
export const getAccessKeyInfo = defineStsOperation({
  name: 'GetAccessKeyInfo',
  input: { AccessKeyId: required(text({ min: 3, max: 128, pattern: '[\\w.-]*' })) },
  result: element({ Account: textElement() }),
  missing: 'keys of other accounts, and temporary keys but the one that signs',
  requires: (_, { account: { accountId } }) => [onIdentity('sts:GetAccessKeyInfo', accountId)],
  async handle({ input: { AccessKeyId }, principal }, { identity }) {
    refuseSessions(principal, 'GetAccessKeyInfo');
    const { accountId } = principal.account;
    const isOwn = AccessKeyId === principal.accessKeyId;
    if (!isOwn && (await identity.credentials.key(AccessKeyId))?.accountId !== accountId) {
      throw new StorageError('AccessDenied', { message: `The access key ${AccessKeyId} is none of this account.` });
    }
    return { Account: accountId };
  },
});
