import { required, text } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { accessKeyId, userName } from '../iam-parameters.ts';
import { onSubject, subjectOwner, subjectTags } from '../subject-user.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html */
export const updateAccessKey = defineIamOperation({
  name: 'UpdateAccessKey',
  input: {
    UserName: userName,
    AccessKeyId: required(accessKeyId),
    Status: required(text({ oneOf: ['Active', 'Inactive'] })),
  },
  conditions: subjectTags,
  requires: onSubject('iam:UpdateAccessKey'),
  async handle({ input, principal }, services) {
    const owner = await subjectOwner(input, principal, services);
    await services.accessKeys.setStatus(owner, input.AccessKeyId, input.Status === 'Active' ? 'active' : 'inactive');
    return undefined;
  },
});
