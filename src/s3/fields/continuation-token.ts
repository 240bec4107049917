import { invalidArgument } from '../../domain/errors.ts';
import type { ListingPosition } from '../../domain/listing/list-page.ts';
import type { Field } from './field.ts';
import { checkKeyText } from './listing-fields.ts';

/** Opaque to clients: the kind of position and its text, in base64url. */
export function encodeContinuationToken(position: ListingPosition): string {
  const text = position.kind === 'past-prefix' ? `p${position.prefix}` : `k${position.key}`;
  return Buffer.from(text).toString('base64url');
}

/** The `continuation-token` parameter; an empty one counts as missing. */
export const continuationToken: Field<ListingPosition | undefined> = {
  name: 'continuation-token',
  read({ query }) {
    const token = query.get('continuation-token');
    if (token === undefined || token === '') return undefined;
    const bytes = Buffer.from(token, 'base64url');
    const text = bytes.toString();
    checkKeyText('continuation-token', text.slice(1));
    const isCanonical = bytes.toString('base64url') === token && Buffer.from(text).equals(bytes);
    if (isCanonical && text[0] === 'k') return { kind: 'past-key', key: text.slice(1) };
    if (isCanonical && text[0] === 'p' && text.length > 1) return { kind: 'past-prefix', prefix: text.slice(1) };
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  },
};
