import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import type { RefusalRecord } from '../../records/refusal-record.ts';
import { toldOf } from '../../services/refusals/refusal-store.ts';
import { type RefusalView, viewOfRefusal } from '../../services/refusals/refusal-view.ts';
import { required, text } from '../../wire/query/parameters.ts';
import { element, text as textElement } from '../../wire/xml/schema.ts';
import { refuseSessions } from '../refuse-sessions.ts';
import { defineStsOperation } from '../sts-operation.ts';

/**
 * AWS seals into its message what this server keeps for a while (`cairn why`): the message is the id of the request that
 * was refused, and of the answer each account is told what is its own.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
export const decodeAuthorizationMessage = defineStsOperation({
  name: 'DecodeAuthorizationMessage',
  input: { EncodedMessage: required(text({ min: 1, max: 10_240 })) },
  result: element({ DecodedMessage: textElement() }),
  missing: 'messages other than the id of a request',
  requires: (_, { account: { accountId } }) => [onIdentity('sts:DecodeAuthorizationMessage', accountId)],
  async handle({ input: { EncodedMessage }, principal }, { refusals }) {
    refuseSessions(principal, 'DecodeAuthorizationMessage');
    const { account } = principal;
    const isId = /^[0-9A-Fa-f]{16}$/.test(EncodedMessage);
    const record = isId ? await refusals.find(EncodedMessage) : undefined;
    if (!record || !toldOf(record).includes(account.accountId)) throw new StorageError('AuthorizationMessageInvalid');
    const view = viewOfRefusal(record, (accountId) => accountId === account.accountId);
    const isOwn = record.accountId === account.accountId;
    return { DecodedMessage: JSON.stringify(decoded(view, isOwn ? record.conditions : [])) };
  },
});

/** In the form that AWS decodes to. */
function decoded(view: RefusalView, conditions: RefusalRecord['conditions']) {
  const statements = view.sides.flatMap(({ statements }) => statements).filter(({ applies }) => applies);
  return {
    allowed: false,
    explicitDeny: statements.some(({ statement }) => statement.effect === 'Deny'),
    matchedStatements: {
      items: statements.map(({ statement: { policy, index, sid, effect } }) => ({
        statementId: sid ?? '',
        effect: effect.toUpperCase(),
        policy,
        index,
      })),
    },
    failures: { items: [] },
    context: {
      principal: { id: view.accessKeyId ?? '', arn: view.principal },
      action: view.action,
      resource: view.resource,
      conditions: {
        items: conditions.map(([key, values]) => ({
          key,
          values: { items: (values ?? []).map((value) => ({ value })) },
        })),
      },
    },
  };
}
