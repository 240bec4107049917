import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { accessKeyId, userName } from '../iam-parameters.ts';
import { onSubject, subjectOwner, subjectTags } from '../subject-user.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html */
export const deleteAccessKey = defineIamOperation({
  name: 'DeleteAccessKey',
  input: { UserName: userName, AccessKeyId: required(accessKeyId) },
  conditions: subjectTags,
  requires: onSubject('iam:DeleteAccessKey'),
  async handle({ input, principal }, services) {
    const owner = await subjectOwner(input, principal, services);
    await services.accessKeys.delete(owner, input.AccessKeyId);
    return undefined;
  },
});
