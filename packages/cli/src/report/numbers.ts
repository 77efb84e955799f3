import { htmlTable } from './html.ts';
import { byYear, type Series } from './series.ts';

/** Two digits, a real minus, a dash for what is not known. */
export function number(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = value.toFixed(digits);
  // Nothing that rounds to zero is shown as less than zero.
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

export function percent(value: number | null | undefined, digits = 2): string {
  return number(value === null || value === undefined ? undefined : 100 * value, digits);
}

/** Calendar years down, series across: the mean of each year. */
export function yearTable(
  caption: string,
  series: readonly Series[],
  format: (value: number | null) => string,
): string {
  const columns = series.map(byYear);
  const years = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  const header = ['year', ...series.map(({ name }) => name)];
  return htmlTable(
    caption,
    header,
    years.map((year) => [String(year), ...columns.map((column) => format(column.get(year) ?? null))]),
  );
}
