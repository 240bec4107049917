/** Sections of an INI file as AWS's tools read it, by their whole names: `default`, `profile dev`, `services local`. */
export type IniFile = ReadonlyMap<string, IniSection>;
export type IniSection = Readonly<Record<string, string>>;

/**
 * Comments stand in lines of their own, or after white space and `#` or `;`. Lines that begin with white space belong to
 * the setting above: of those (`s3 =` and what is indented below it) AWS makes settings within a setting, here they are
 * `s3.addressing_style`. Of a section that is there twice the later values win. Throws with the number of a line that is
 * none of this. https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function readIni(text: string): IniFile {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  let above = '';
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const refuse = () => new Error(`line ${index + 1} is neither [section] nor name = value`);
    const head = /^\s*\[\s*([^\]]+?)\s*\]\s*([#;].*)?$/.exec(line);
    if (head) {
      const name = head[1]!.replace(/\s+/g, ' ').replace(/^(\S+ )?"(.*)"$/, '$1$2');
      section = sections.get(name) ?? (Object.create(null) as Record<string, string>);
      sections.set(name, section);
      above = '';
      continue;
    }
    const at = line.indexOf('=');
    if (section === undefined || at < 1) throw refuse();
    const name = line.slice(0, at).trim().toLowerCase();
    const value = line
      .slice(at + 1)
      .replace(/\s[#;].*$/, '')
      .trim();
    if (name === '') throw refuse();
    if (/^\s/.test(line) && above !== '') section[`${above}.${name}`] = value;
    else {
      section[name] = value;
      above = value === '' ? name : '';
    }
  }
  return sections;
}
