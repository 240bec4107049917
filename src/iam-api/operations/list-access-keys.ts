import { boolean, element, list, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, userName } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { onSubject, subjectOwner, subjectTags } from '../subject-user.ts';

/** Without those of service accounts. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
export const listAccessKeys = defineIamOperation({
  name: 'ListAccessKeys',
  input: { UserName: userName, Marker: marker, MaxItems: maxItems },
  result: element({
    AccessKeyMetadata: element({
      member: list(element({ UserName: text(), AccessKeyId: text(), Status: text(), CreateDate: timestamp() })),
    }),
    IsTruncated: boolean(),
    Marker: optional(text()),
  }),
  conditions: subjectTags,
  requires: onSubject('iam:ListAccessKeys'),
  async handle({ input, principal }, services) {
    const owner = await subjectOwner(input, principal, services);
    const keys = await services.accessKeys.list(owner);
    const { items, next } = pageOfList(keys, pageOf(input), ({ accessKeyId }) => accessKeyId);
    const member = items.map(({ accessKeyId, status, createdAt }) => ({
      UserName: owner.user?.name ?? principal.account.displayName,
      AccessKeyId: accessKeyId,
      Status: status === 'active' ? 'Active' : 'Inactive',
      CreateDate: createdAt,
    }));
    return { AccessKeyMetadata: { member }, ...markerAfter(next) };
  },
});
