import { onIdentity } from '../../domain/grant.ts';
import { credentialReport } from '../../services/identity/account/credential-report.ts';
import { element, text, timestamp } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';

/** As things are now. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html */
export const getCredentialReport = defineIamOperation({
  name: 'GetCredentialReport',
  input: {},
  result: element({ Content: text(), ReportFormat: text(), GeneratedTime: timestamp() }),
  requires: (_input, { account }) => [onIdentity('iam:GetCredentialReport', account.accountId)],
  async handle({ principal }, services) {
    const GeneratedTime = services.clock.now();
    const report = await credentialReport(services, principal.account.accountId);
    return { Content: Buffer.from(report).toString('base64'), ReportFormat: 'text/csv', GeneratedTime };
  },
});
