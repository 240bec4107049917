import type { Group } from '../../remote/iam-shapes.ts';
import { fields, moment } from '../../table.ts';

export function groupText({ GroupName, Arn, GroupId, CreateDate }: Group): string {
  return fields([
    ['Group', GroupName],
    ['ARN', Arn],
    ['Id', GroupId],
    ['Created', moment(CreateDate)],
  ]);
}
