import { groupArn } from '../domain/identity-arn.ts';
import type { GroupRecord } from '../records/group-record.ts';
import { element, text, timestamp } from '../wire/xml/schema.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Group.html */
export const groupElement = element({
  Path: text(),
  GroupName: text(),
  GroupId: text(),
  Arn: text(),
  CreateDate: timestamp(),
});

export function groupAnswer(group: GroupRecord) {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: groupArn(group),
    CreateDate: group.createdAt,
  };
}
