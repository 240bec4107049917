import { StorageError } from '../../domain/errors.ts';
import { onAccount } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { accountId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { publicAccessBlockConfiguration, switchElements } from '../public-access-block-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html */
export const getAccountPublicAccessBlock = defineOperation({
  name: 'GetAccountPublicAccessBlock',
  route: { method: 'GET', target: 'account', path: 'configuration/publicAccessBlock', headers: ['x-amz-account-id'] },
  input: { account: accountId },
  requires: ({ account }) => [onAccount('s3:GetAccountPublicAccessBlock', account)],
  async handle({ input }, { identity }) {
    const block = await identity.publicAccessBlockOf(input.account);
    if (!block) throw new StorageError('NoSuchPublicAccessBlock', { fields: { AccountId: input.account } });
    return xmlReply(publicAccessBlockConfiguration, switchElements(block));
  },
});
