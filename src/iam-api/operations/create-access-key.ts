import { element, text, timestamp } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { userName } from '../iam-parameters.ts';
import { onSubject, refuseToWiden, subjectOwner, subjectTags } from '../subject-user.ts';

/** The only time that the secret is told. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html */
export const createAccessKey = defineIamOperation({
  name: 'CreateAccessKey',
  input: { UserName: userName },
  result: element({
    AccessKey: element({
      UserName: text(),
      AccessKeyId: text(),
      Status: text(),
      SecretAccessKey: text(),
      CreateDate: timestamp(),
    }),
  }),
  conditions: subjectTags,
  requires: onSubject('iam:CreateAccessKey'),
  async handle({ input, principal }, services) {
    const owner = await subjectOwner(input, principal, services);
    await refuseToWiden(principal, owner, services);
    const { key, secretAccessKey } = await services.accessKeys.create(owner);
    return {
      AccessKey: {
        UserName: owner.user?.name ?? principal.account.displayName,
        AccessKeyId: key.accessKeyId,
        Status: 'Active',
        SecretAccessKey: secretAccessKey,
        CreateDate: key.createdAt,
      },
    };
  },
});
