import { arnOfPrincipal, userIdOf } from '../../domain/principal.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { defineStsOperation } from '../sts-operation.ts';

/** Needs no right, and no policy can deny it. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const getCallerIdentity = defineStsOperation({
  name: 'GetCallerIdentity',
  input: {},
  result: element({ Arn: text(), UserId: text(), Account: text() }),
  openTo: 'signed',
  handle: ({ principal }) => ({
    Arn: arnOfPrincipal(principal),
    UserId: userIdOf(principal),
    Account: principal.account.accountId,
  }),
});
