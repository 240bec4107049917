import { text } from '../wire/query/parameters.ts';

/** The text of a policy in a request: any that IAM takes, which are those of ISO 8859-1. */
export const policyDocument = text({
  min: 1,
  max: 131_072,
  pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
});

/** As answers have it: URL-encoded by RFC 3986, byte for byte the text that was put, but for masses of white space. */
export function encodedDocument(document: string): string {
  return encodeURIComponent(document).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
