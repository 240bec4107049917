export interface BarChart {
  readonly title: string;
  readonly labels: readonly string[];
  /** What the axis counts. */
  readonly unit: string;
  /** A number for each label in each; a later one is drawn over an earlier one, so the larger numbers come first. */
  readonly series: readonly (readonly number[])[];
  /** A line across all bars. */
  readonly mark?: number;
}

/** Light for what is behind, dark for what is in front. */
const colours = { alone: ['#2f6f9f'], layered: ['#a9cbe3', '#2f6f9f'], mark: '#c2410c' };
const barPixels = 26;

/** A horizontal bar chart in Mermaid, which GitHub draws: https://mermaid.js.org/syntax/xyChart.html */
export function barChart({ title, labels, unit, series, mark }: BarChart): string {
  const highest = Math.max(mark ?? 0, ...series.flat());
  const palette = [...(series.length === 1 ? colours.alone : colours.layered), colours.mark].join(', ');
  const list = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(3))).join(', ');
  return [
    '```mermaid',
    '---',
    'config:',
    '  xyChart:',
    '    width: 900',
    `    height: ${120 + labels.length * barPixels}`,
    '  themeVariables:',
    '    xyChart:',
    `      plotColorPalette: "${palette}"`,
    '---',
    'xychart-beta horizontal',
    `    title "${quoted(title)}"`,
    `    x-axis [${labels.map((label) => `"${quoted(label)}"`).join(', ')}]`,
    `    y-axis "${quoted(unit)}" 0 --> ${ceiling(highest)}`,
    ...series.map((values) => `    bar [${list(values)}]`),
    ...(mark === undefined ? [] : [`    line [${list(labels.map(() => mark))}]`]),
    '```',
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return text.replaceAll('"', "'");
}

/** The next number with two digits that leaves a little room. */
function ceiling(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value > 0 ? value * 1.05 : 1)) - 1);
  return Number((Math.ceil((value * 1.05) / unit) * unit).toPrecision(3));
}
