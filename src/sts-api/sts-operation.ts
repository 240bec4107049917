import type { IdentityServices } from '../services/identity/identity-services.ts';
import { operationsWith } from '../wire/query/query-operation.ts';

/** Declares an action of STS. */
export const defineStsOperation = operationsWith<IdentityServices>();

/** https://docs.aws.amazon.com/STS/latest/APIReference/ */
export const stsVersion = '2011-06-15';
export const stsNamespace = 'https://sts.amazonaws.com/doc/2011-06-15/';
