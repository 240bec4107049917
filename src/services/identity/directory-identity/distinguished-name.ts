/**
 * A distinguished name (RFC 4514) in one spelling, to be compared: attribute names and values in lower case, as
 * directories compare those that groups are called by, escapes resolved, blanks at the edges gone. Undefined for what is
 * none.
 */
export function canonicalName(name: string): string | undefined {
  if (name.length > 4096) return undefined;
  const parts: string[] = [];
  for (const relative of splitAt(name, /[,;]/)) {
    const values = splitAt(relative, /\+/).map(canonicalPair);
    if (values.some((value) => value === undefined)) return undefined;
    parts.push(values.sort().join('+'));
  }
  return parts.length === 0 ? undefined : parts.join(',');
}

/** At separators that no backslash stands before, and outside of quotes. */
function splitAt(text: string, separator: RegExp): string[] {
  const parts: string[] = [''];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === '"') quoted = !quoted;
    if (letter === '\\') parts.push(parts.pop()! + letter + (text[++i] ?? ''));
    else if (!quoted && separator.test(letter)) parts.push('');
    else parts.push(parts.pop()! + letter);
  }
  return parts;
}

function canonicalPair(pair: string): string | undefined {
  const equals = pair.indexOf('=');
  const attribute = pair.slice(0, equals).trim().toLowerCase();
  if (equals < 1 || !/^(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)*)$/.test(attribute)) return undefined;
  const written = pair.slice(equals + 1).replace(/^\s+|(?<!\\)\s+$/g, '');
  const quoted = /^"(.*)"$/s.exec(written)?.[1];
  const value = unescaped(quoted ?? written)
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
  // Separators are escaped anew, in one way.
  return `${attribute}=${value.replace(/[\\,;+"<>=]/g, (letter) => `\\${letter}`)}`;
}

/** `\,` is a comma, `\2C` is one, too, and `\C3\A4` is ä. */
function unescaped(text: string): string {
  const bytes = /((?:\\[0-9a-f]{2})+)|\\(.)/gis;
  return text.replace(bytes, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? letter : Buffer.from(hex.replaceAll('\\', ''), 'hex').toString('utf8'),
  );
}
