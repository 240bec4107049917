import { onAccount } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { accountId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_DeletePublicAccessBlock.html */
export const deleteAccountPublicAccessBlock = defineOperation({
  name: 'DeleteAccountPublicAccessBlock',
  route: {
    method: 'DELETE',
    target: 'account',
    path: 'configuration/publicAccessBlock',
    headers: ['x-amz-account-id'],
  },
  input: { account: accountId },
  // There is no action for deleting it.
  requires: ({ account }) => [onAccount('s3:PutAccountPublicAccessBlock', account)],
  async handle({ input }, { identity }) {
    await identity.setPublicAccessBlock(input.account, undefined);
    return emptyReply(200);
  },
});
