import { onIdentity } from '../../domain/grant.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';

/**
 * The report is made when it is asked for: it is always there.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html
 */
export const generateCredentialReport = defineIamOperation({
  name: 'GenerateCredentialReport',
  input: {},
  result: element({ State: text() }),
  requires: (_input, { account }) => [onIdentity('iam:GenerateCredentialReport', account.accountId)],
  handle: () => ({ State: 'COMPLETE' }),
});
