import type { IdentityServices } from '../services/identity/identity-services.ts';
import { operationsWith } from '../wire/query/query-operation.ts';

/** Declares an action of IAM. */
export const defineIamOperation = operationsWith<IdentityServices>();

/** https://docs.aws.amazon.com/IAM/latest/APIReference/ */
export const iamVersion = '2010-05-08';
export const iamNamespace = 'https://iam.amazonaws.com/doc/2010-05-08/';
