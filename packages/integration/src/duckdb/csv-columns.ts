import type { DuckDBConnection } from '@duckdb/node-api';
import type { FrameColumn } from '../read/frame.ts';
import type { TextNumbers } from './text-numbers.ts';

/** Rows that decide what a column holds; entries of later rows must fit, and columns without an entry are looked at whole. */
const sampleRows = 20_480;
/** Of very wide files fewer rows are looked at. */
const sampleEntries = 2_000_000;

/** What the columns of a CSV file hold, and whether markers of missing values stand between spaces, which DuckDB's own reader takes for text. */
export async function csvColumns(
  connection: DuckDBConnection,
  relation: string,
  names: readonly string[],
  numbers: TextNumbers,
): Promise<{ readonly columns: FrameColumn[]; readonly isPadded: boolean }> {
  const limit = Math.max(100, Math.min(sampleRows, Math.floor(sampleEntries / names.length)));
  const sample = `(SELECT * FROM ${relation} LIMIT ${limit})`;
  const all = names.map((_, k) => k);
  const { rows, columns } = await tally(connection, sample, all, names, numbers);
  if (rows === limit) {
    // A column that is empty so far may begin later.
    const open = all.filter((k) => columns[k].entries === 0);
    if (open.length > 0) {
      const whole = await tally(connection, relation, open, names, numbers);
      open.forEach((k, i) => (columns[k] = whole.columns[i]));
    }
  }
  return {
    columns: names.map((name, k) => ({ name, ...kindOf(columns[k]) })),
    isPadded: columns.some(({ padded, numbers: count }) => padded > 0 && count > 0),
  };
}

interface Tally {
  readonly entries: number;
  readonly numbers: number;
  readonly integers: number;
  readonly flags: number;
  readonly days: number;
  readonly padded: number;
  /** An entry that is no number. */
  readonly text: string | undefined;
}

async function tally(
  connection: DuckDBConnection,
  relation: string,
  positions: readonly number[],
  names: readonly string[],
  numbers: TextNumbers,
): Promise<{ readonly rows: number; readonly columns: Tally[] }> {
  const list = positions.flatMap((k) => {
    const column = `c${k}`;
    const known = `NOT ${numbers.isMissing(column, names[k])}`;
    const isNumber = numbers.isNumber(column);
    return [
      `count_if(${known})`,
      `count_if(${known} AND ${isNumber})`,
      `count_if(${known} AND regexp_full_match(trim(${column}), '[+-]?[0-9]+'))`,
      `count_if(${known} AND TRY_CAST(${column} AS BOOLEAN) IS NOT NULL)`,
      `count_if(${known} AND regexp_matches(${column}, '^\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}'))`,
      `count_if(NOT (${known}) AND ${column} <> trim(${column}))`,
      `min(${column}) FILTER (${known} AND NOT (${isNumber}))`,
    ];
  });
  const result = await connection.run(`SELECT count(*), ${list.join(', ')} FROM ${relation}`);
  const [values] = await result.getRowsJS();
  const columns = positions.map((_, i) => {
    const [entries, count, integers, flags, days, padded] = values.slice(1 + 7 * i, 7 + 7 * i).map(Number);
    const text = values[7 + 7 * i];
    return {
      entries,
      numbers: count,
      integers,
      flags,
      days,
      padded,
      text: typeof text === 'string' ? text : undefined,
    };
  });
  return { rows: Number(values[0]), columns };
}

function kindOf({ entries, numbers, integers, flags, days, text }: Tally): Omit<FrameColumn, 'name'> {
  if (entries === 0) return { kind: 'other', type: 'nothing', isInteger: false, isEmpty: true };
  if (numbers === entries)
    return integers === entries
      ? { kind: 'number', type: 'BIGINT', isInteger: true }
      : { kind: 'number', type: 'DOUBLE', isInteger: false };
  if (flags === entries) return { kind: 'boolean', type: 'BOOLEAN', isInteger: false };
  if (days === entries) return { kind: 'date', type: 'DATE', isInteger: false };
  return { kind: 'text', type: 'VARCHAR', isInteger: false, text, hasNumbers: numbers > 0 };
}
