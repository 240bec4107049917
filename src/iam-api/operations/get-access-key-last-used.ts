import { onIdentity } from '../../domain/grant.ts';
import { userArn } from '../../domain/identity-arn.ts';
import { noSuchKey } from '../../services/identity/access-keys/access-key-service.ts';
import { required } from '../../wire/query/parameters.ts';
import { element, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { accessKeyId } from '../iam-parameters.ts';

/**
 * A key of another account is one that is not there. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
 */
export const getAccessKeyLastUsed = defineIamOperation({
  name: 'GetAccessKeyLastUsed',
  input: { AccessKeyId: required(accessKeyId) },
  result: element({
    UserName: optional(text()),
    AccessKeyLastUsed: element({ LastUsedDate: optional(timestamp()), ServiceName: text(), Region: text() }),
  }),
  async requires({ AccessKeyId }, { account: { accountId } }, { accessKeys, users }) {
    const key = await accessKeys.find(AccessKeyId);
    const user =
      key?.accountId === accountId && key.userId !== undefined
        ? await users.findById(accountId, key.userId)
        : undefined;
    const arn = userArn(user ?? { accountId, path: '/', name: '*' });
    return [onIdentity('iam:GetAccessKeyLastUsed', accountId, arn)];
  },
  async handle({ input: { AccessKeyId }, principal }, { accessKeys, users }) {
    const { accountId, displayName } = principal.account;
    const key = await accessKeys.find(AccessKeyId);
    if (key?.accountId !== accountId) throw noSuchKey(AccessKeyId);
    const user = key.userId === undefined ? undefined : await users.findById(accountId, key.userId);
    const use = await accessKeys.lastUse(AccessKeyId);
    return {
      UserName: key.userId === undefined ? displayName : user?.name,
      AccessKeyLastUsed: use
        ? { LastUsedDate: use.at, ServiceName: use.service, Region: use.region }
        : { ServiceName: 'N/A', Region: 'N/A' },
    };
  },
});
