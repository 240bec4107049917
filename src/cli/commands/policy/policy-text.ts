import type { Policy } from '../../remote/iam-shapes.ts';
import { fields, moment } from '../../table.ts';

export function policyText(policy: Policy): string {
  return fields([
    ['Policy', policy.PolicyName],
    ['ARN', policy.Arn],
    ['Id', policy.PolicyId],
    ['Description', policy.Description],
    ['Default', policy.DefaultVersionId],
    ['Attached', policy.AttachmentCount === undefined ? undefined : `${policy.AttachmentCount} times`],
    ['Changed', moment(policy.UpdateDate ?? policy.CreateDate)],
  ]);
}
