import { integer, list, required, structure, text, withDefault } from '../wire/query/parameters.ts';

/** Parameters that many actions have, with the limits that IAM documents for them. */
const namePattern = '[\\w+=,.@-]+';
/** Of a user who is there, or not: IAM asks for no more than it ever gave. */
export const userName = text({ min: 1, max: 128, pattern: namePattern });
export const newUserName = text({ min: 1, max: 64, pattern: namePattern });
export const groupName = text({ min: 1, max: 128, pattern: namePattern });
export const roleName = text({ min: 1, max: 64, pattern: namePattern });
export const policyName = text({ min: 1, max: 128, pattern: namePattern });
export const policyArn = text({ min: 20, max: 2048 });
/** IAM takes for roles what ISO 8859-1 can write, and for policies any text: that XML can carry, so that lists can be read. */
export const roleDescription = text({ max: 1000, pattern: '[\\u0009\\u000a\\u000d\\u0020-\\u007e\\u00a1-\\u00ff]*' });
export const policyDescription = text({
  max: 1000,
  pattern: '[\\u0009\\u000a\\u000d\\u0020-\\ud7ff\\ue000-\\ufffd\\u{10000}-\\u{10ffff}]*',
});
export const accessKeyId = text({ min: 3, max: 128, pattern: '[\\w.-]+' });
export const path = withDefault(text({ min: 1, max: 512, pattern: '/|/[\\x21-\\x7e]+/' }), '/');
export const newPath = text({ min: 1, max: 512, pattern: '/|/[\\x21-\\x7e]+/' });
export const pathPrefix = withDefault(text({ min: 1, max: 512, pattern: '/[\\x21-\\x7e]*' }), '/');
export const maxItems = withDefault(integer({ min: 1, max: 1000 }), 100);
/** Opaque to clients; `pageOf` opens it. */
export const marker = text({ min: 1, max: 2048 });
const tagKey = text({ min: 1, max: 128, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+' });
export const tags = list(
  structure({
    Key: required(tagKey),
    Value: required(text({ max: 256, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*' })),
  }),
  { max: 50 },
);
export const tagKeys = list(tagKey, { max: 50 });
/** What it has to be like the account's password policy says. */
export const password = text({ min: 1, max: 128, pattern: '[\\u0009\\u000a\\u000d\\u0020-\\u00ff]+', secret: true });
export const accountAlias = text({ min: 3, max: 63, pattern: '[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]' });
