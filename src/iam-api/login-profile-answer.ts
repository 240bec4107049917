import type { LoginProfileRecord } from '../records/login-profile-record.ts';
import type { UserRecord } from '../records/user-record.ts';
import { boolean, element, text, timestamp } from '../wire/xml/schema.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_LoginProfile.html */
export const loginProfileElement = element({
  UserName: text(),
  CreateDate: timestamp(),
  PasswordResetRequired: boolean(),
});

export function loginProfileAnswer({ name }: UserRecord, { createdAt, resetRequired }: LoginProfileRecord) {
  return { UserName: name, CreateDate: createdAt, PasswordResetRequired: resetRequired };
}
