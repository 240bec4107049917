/** What stands for itself in a listing with `encoding-type=url`: as in AWS's encoder, Java's, and the slash. */
const everyLiteral = /^[A-Za-z0-9\-_.*/]*$/;
const otherEscapes = /[!'()~]/g;
const slashOrStar = /%2F|%2A/g;

/**
 * A key, prefix, delimiter or marker as a listing with `encoding-type=url` shows it: percent-encoded UTF-8, with slashes
 * left alone. A space becomes `%20`. AWS writes `+` there, which only decoders of forms take for a space; `%20` is read
 * right by those too, and by the others (and it is what ceph's s3-tests expect).
 */
export function encodeListingText(text: string): string {
  if (everyLiteral.test(text)) return text;
  return encodeURIComponent(text.toWellFormed())
    .replace(otherEscapes, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(slashOrStar, (escaped) => (escaped === '%2F' ? '/' : '*'));
}
