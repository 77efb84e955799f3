import { onOneLine } from './printable.ts';

/** Text in columns: the first `textColumns` (1) left-aligned, the numbers after them right-aligned, a rule under the header. */
export function formatTable(header: readonly string[], body: readonly (readonly string[])[], textColumns = 1): string {
  const rows = body.map((row) => row.map(onOneLine));
  const widths = header.map((title, j) => Math.max(title.length, ...rows.map((row) => row[j].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, j) => (j < textColumns ? cell.padEnd(widths[j]) : cell.padStart(widths[j])))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** A fraction as percent with two digits; a dash for what is not known. */
export function percent(fraction: number | null | undefined): string {
  return fraction === undefined || fraction === null || Number.isNaN(fraction) ? '-' : (100 * fraction).toFixed(2);
}

/** A number with fixed digits; a dash for what is not known. */
export function fixed(value: number | null | undefined, digits: number): string {
  if (value === undefined || value === null || Number.isNaN(value)) return '-';
  const text = value.toFixed(digits);
  // What rounds to zero has no sign.
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}
