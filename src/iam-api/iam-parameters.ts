import { list, required, structure, text, withDefault } from '../wire/query/parameters.ts';

/** Parameters that many actions have, with the limits that IAM documents for them. */
const namePattern = '[\\w+=,.@-]+';
export const userName = text({ min: 1, max: 64, pattern: namePattern });
export const path = withDefault(text({ min: 1, max: 512, pattern: '/|/[\\x21-\\x7e]+/' }), '/');
export const tags = list(
  structure({
    Key: required(text({ min: 1, max: 128, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+' })),
    Value: required(text({ max: 256, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*' })),
  }),
  { max: 50 },
);
