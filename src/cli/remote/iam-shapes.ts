import type { Answer } from './answer.ts';
import type { Tag } from './tags.ts';

/** What commands rely on in IAM's answers: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Types.html */

export interface Boundary {
  readonly PermissionsBoundaryArn: string;
}
export interface LastUsed {
  readonly LastUsedDate?: string;
  readonly ServiceName?: string;
  readonly Region?: string;
}
interface Entity {
  readonly Path: string;
  readonly Arn: string;
  /** ISO 8601, as all times. */
  readonly CreateDate: string;
}
export interface User extends Entity {
  readonly UserName: string;
  readonly UserId: string;
  readonly PasswordLastUsed?: string;
  readonly PermissionsBoundary?: Boundary;
  readonly Tags?: readonly Tag[];
}
export interface Group extends Entity {
  readonly GroupName: string;
  readonly GroupId: string;
}
export interface Role extends Entity {
  readonly RoleName: string;
  readonly RoleId: string;
  readonly AssumeRolePolicyDocument?: Answer;
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
  readonly PermissionsBoundary?: Boundary;
  readonly RoleLastUsed?: LastUsed;
  readonly Tags?: readonly Tag[];
}
export interface Policy extends Entity {
  readonly PolicyName: string;
  readonly PolicyId: string;
  readonly DefaultVersionId: string;
  readonly AttachmentCount?: number;
  readonly PermissionsBoundaryUsageCount?: number;
  readonly Description?: string;
  readonly UpdateDate?: string;
}
export interface PolicyVersion {
  readonly VersionId: string;
  readonly IsDefaultVersion: boolean;
  readonly CreateDate: string;
  readonly Document?: Answer;
}
export interface AttachedPolicy {
  readonly PolicyName: string;
  readonly PolicyArn: string;
}
export interface AccessKey {
  readonly UserName?: string;
  readonly AccessKeyId: string;
  readonly Status: 'Active' | 'Inactive';
  readonly CreateDate: string;
}
/** The only time that the secret is told. */
export interface CreatedAccessKey extends AccessKey {
  readonly SecretAccessKey: string;
}
export interface SessionCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: string;
}
