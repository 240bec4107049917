import { onAccount } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { accountId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { publicAccessBlockConfiguration, switchesOf } from '../public-access-block-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html */
export const putAccountPublicAccessBlock = defineOperation({
  name: 'PutAccountPublicAccessBlock',
  route: { method: 'PUT', target: 'account', path: 'configuration/publicAccessBlock', headers: ['x-amz-account-id'] },
  input: { account: accountId },
  body: { kind: 'xml', ...publicAccessBlockConfiguration },
  requires: ({ account }) => [onAccount('s3:PutAccountPublicAccessBlock', account)],
  async handle({ input, document }, { identity }) {
    await identity.setPublicAccessBlock(input.account, switchesOf(document));
    return emptyReply(200);
  },
});
