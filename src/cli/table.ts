const gap = 2;
/** No column becomes narrower than this for the terminal's sake. */
const narrowest = 8;

/**
 * Rows as columns that line up, under their titles. With the `width` of a terminal the widest columns are cut until the
 * lines fit; without one, as for files and programs, everything is there in full. Characters that a terminal would obey
 * are shown as blanks: names and descriptions are the words of others.
 */
export function table(titles: readonly string[], rows: readonly (readonly string[])[], width?: number): string {
  const all = [titles, ...rows.map((row) => row.map(visible))];
  const widths = titles.map((_, column) => Math.max(...all.map((row) => lengthOf(row[column]!))));
  if (width !== undefined) shrink(widths, width);
  return all
    .map((row) =>
      row
        .map((cell, column) => fitted(cell, widths[column]!))
        .join(' '.repeat(gap))
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values of one thing, a line each, values lined up. What is undefined has no line. */
export function fields(entries: readonly (readonly [name: string, value: string | undefined])[]): string {
  const given = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  const widest = Math.max(0, ...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${name.padEnd(widest)}  ${visible(value)}`).join('\n');
}

/** Everything of a paged listing. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** `2026-11-21 21:05` of `2026-11-21T21:05:13Z`, in UTC. */
export function moment(iso: string | undefined): string {
  return iso === undefined ? '-' : iso.slice(0, 16).replace('T', ' ');
}

function shrink(widths: number[], width: number): void {
  const total = () => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1));
  while (total() > width) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) return;
    widths[widths.indexOf(widest)] = Math.max(narrowest, widest - 1);
  }
}

function fitted(cell: string, width: number): string {
  const length = lengthOf(cell);
  if (length <= width) return cell + ' '.repeat(width - length);
  return `${[...cell].slice(0, width - 1).join('')}…`;
}

const lengthOf = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : [...text].length);
const visible = (text: string): string => text.replace(/\p{Cc}/gu, ' ');
