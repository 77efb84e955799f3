import type { DuckDBConnection } from '@duckdb/node-api';
import type { FrameColumn } from '../read/frame.ts';
import { isNaNText, type TextNumbers } from './text-numbers.ts';

/** Rows that decide what a column holds; entries of later rows must fit, and columns without an entry are looked at whole. */
const sampleRows = 20_480;
/** Of very wide files fewer rows are looked at. */
const sampleEntries = 2_000_000;

/**
 * What the columns of a CSV file hold, and whether they must be read as text: where missing values are written in a way that DuckDB's
 * own reader does not know, between spaces, or NaN among flags.
 */
export async function csvColumns(
  connection: DuckDBConnection,
  relation: string,
  names: readonly string[],
  numbers: TextNumbers,
): Promise<{ readonly columns: FrameColumn[]; readonly needsText: boolean }> {
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
    needsText: columns.some(
      (tally) => (tally.padded > 0 && tally.numbers > 0) || (tally.nans > 0 && kindOf(tally).kind === 'boolean'),
    ),
  };
}

interface Tally {
  readonly entries: number;
  readonly numbers: number;
  readonly integers: number;
  readonly flags: number;
  /** Entries NaN, which a column of flags has for none. */
  readonly nans: number;
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
  const isKnown = (k: number): string => `NOT ${numbers.isMissing(`c${k}`, names[k])}`;
  const [total, ...counts] = await aggregates(
    connection,
    relation,
    positions.flatMap((k) => [
      `count_if(${isKnown(k)})`,
      `count_if(${isKnown(k)} AND ${numbers.isNumber(`c${k}`)})`,
      `count_if(${isKnown(k)} AND translate(trim(c${k}), '+-0123456789', '') = '')`,
      `count_if(NOT (${isKnown(k)}) AND c${k} <> trim(c${k}))`,
    ]),
  );
  const columns = positions.map((_, i): Tally => {
    const [entries, count, integers, padded] = counts.slice(4 * i, 4 * i + 4).map(Number);
    return { entries, numbers: count, integers, padded, flags: 0, nans: 0, days: 0, text: undefined };
  });
  // Most columns are numbers; of the others more is asked.
  const others = columns.flatMap(({ entries, numbers: count }, i) => (count < entries ? [i] : []));
  const [, ...more] = await aggregates(
    connection,
    relation,
    others.flatMap((i) => {
      const column = `c${positions[i]}`;
      const known = isKnown(positions[i]);
      return [
        `count_if(${known} AND TRY_CAST(${column} AS BOOLEAN) IS NOT NULL)`,
        `count_if(${known} AND ${isNaNText(column)})`,
        `count_if(${known} AND regexp_matches(${column}, '^\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}'))`,
        `min(${column}) FILTER (${known} AND NOT (${numbers.isNumber(column)}))`,
      ];
    }),
  );
  others.forEach((i, at) => {
    const [flags, nans, days, text] = more.slice(4 * at, 4 * at + 4);
    columns[i] = {
      ...columns[i],
      flags: Number(flags),
      nans: Number(nans),
      days: Number(days),
      text: typeof text === 'string' ? text : undefined,
    };
  });
  return { rows: Number(total), columns };
}

/** The number of rows, and aggregates over them. */
async function aggregates(
  connection: DuckDBConnection,
  relation: string,
  list: readonly string[],
): Promise<readonly unknown[]> {
  const result = await connection.run(`SELECT ${['count(*)', ...list].join(', ')} FROM ${relation}`);
  return (await result.getRowsJS())[0];
}

function kindOf({ entries, numbers, integers, flags, nans, days, text }: Tally): Omit<FrameColumn, 'name'> {
  if (entries === 0) return { kind: 'other', type: 'nothing', isInteger: false, isEmpty: true };
  if (numbers === entries)
    return integers === entries
      ? { kind: 'number', type: 'BIGINT', isInteger: true }
      : { kind: 'number', type: 'DOUBLE', isInteger: false };
  if (flags > 0 && flags + nans === entries) return { kind: 'boolean', type: 'BOOLEAN', isInteger: false };
  if (days === entries) return { kind: 'date', type: 'DATE', isInteger: false };
  return { kind: 'text', type: 'VARCHAR', isInteger: false, text, hasNumbers: numbers > 0 };
}
