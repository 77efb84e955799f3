import type { FrameColumn, RowRequest } from '../read/frame.ts';
import { sqlText } from './connection.ts';
import type { CsvMode, Relation } from './relation-columns.ts';
import { isNaNText, type TextNumbers } from './text-numbers.ts';

export type Origin = 'parquet' | 'csv' | 'query';

/** What a SELECT is made of. */
export interface RowQuery {
  readonly relation: Relation;
  readonly request: RowRequest;
  readonly origin: Origin;
  readonly mode: CsvMode;
  readonly sorted: boolean;
  readonly numbers: TextNumbers;
  /** Rows that were read before, which are left out. */
  readonly offset: number;
}

/** The name of a column within a relation. */
function nameIn(relation: Relation): (column: FrameColumn) => string {
  const positions = new Map(relation.columns.map((column, k) => [column, `c${k}`]));
  return (column) => positions.get(column) ?? 'c0';
}

/** The request as one SELECT: timestamps, assets (text and hash), numbers as doubles. */
export function selectRows({ relation, request, origin, mode, sorted, numbers, offset }: RowQuery): string {
  const nameOf = nameIn(relation);
  const asset = `CAST(${nameOf(request.asset)} AS VARCHAR)`;
  const stamp = timestampExpression(nameOf(request.timestamp), request.timestamp, origin);
  const values = request.numbers.map((column) => {
    const name = nameOf(column);
    if (column.kind === 'text') return numbers.value(name, column.name);
    if (mode === 'typed') return `CAST(${name} AS DOUBLE)`;
    if (column.kind !== 'boolean') return numbers.value(name, column.name);
    return `CASE WHEN ${numbers.isMissing(name, column.name)} OR ${isNaNText(name)} THEN NULL ELSE CAST(CAST(${name} AS BOOLEAN) AS DOUBLE) END`;
  });
  const keys = isTextStamp(request.timestamp, origin) ? [stamp, `hash(${stamp})`] : [stamp];
  const list = [...keys, asset, `hash(${asset})`, ...values];
  // A streamed result that fails halfway ends like one that is complete. The last row says that it is: its hash of the
  // asset is null, which the hash of a row, even of a null asset, never is.
  const end = list.map(() => 'NULL');
  const rows = `FROM ${relation.sql(request, mode)}${dateFilter(relation, request, origin)}`;
  const last = `UNION ALL SELECT ${end.join(', ')}`;
  const skip = offset === 0 ? '' : ` OFFSET ${offset}`;
  if (!sorted && skip === '') return `SELECT ${list.join(', ')} ${rows} ${last}`;
  if (!sorted) return `(SELECT ${list.join(', ')} ${rows}${skip}) ${last}`;
  const names = list.map((_, k) => `v${k}`);
  // The sort stands below the union: DuckDB cannot spill one that stands above it.
  return `(SELECT ${names.join(', ')}
    FROM (SELECT ${list.join(', ')}, ${sortKey(stamp, request, origin)} ${rows}) AS frame(${names.join(', ')}, sort_key)
    ORDER BY sort_key NULLS FIRST${skip}) ${last}`;
}

/** Orders rows by date. Texts that DuckDB cannot convert come first, where the reader's stricter rule refuses them. */
function sortKey(stamp: string, request: RowRequest, origin: Origin): string {
  if (!isTextStamp(request.timestamp, origin)) return stamp;
  if (request.dateFormat !== undefined) return `try_strptime(trim(${stamp}), ${sqlText(request.dateFormat)})`;
  return `TRY_CAST(${stamp} AS ${request.timestampFormat === undefined ? 'TIMESTAMPTZ' : 'BIGINT'})`;
}

/** Text and integers are parsed outside SQL, once for each distinct entry; in CSV files every timestamp is text. */
const isTextStamp = (column: FrameColumn, origin: Origin): boolean =>
  origin === 'csv' || (column.kind !== 'date' && column.kind !== 'timestamp');

function timestampExpression(name: string, column: FrameColumn, origin: Origin): string {
  if (isTextStamp(column, origin)) return `CAST(${name} AS VARCHAR)`;
  if (column.kind === 'date') return `CAST(epoch_ms(CAST(${name} AS TIMESTAMP)) AS DOUBLE)`;
  // Nanoseconds since 1970 are beyond 2^53; half a millisecond stands for any fraction, which the reader refuses.
  if (column.type === 'TIMESTAMP_NS')
    return `CAST(epoch_ms(${name}) AS DOUBLE) + CASE WHEN epoch_ns(${name}) % 1000000 = 0 THEN 0 ELSE 0.5 END`;
  return `CAST(epoch_us(${name}) AS DOUBLE) / 1000`;
}

/** A WHERE clause on typed dates, which lets Parquet skip row groups. Rows without a date stay, to be reported. */
export function dateFilter(relation: Relation, request: RowRequest, origin: Origin): string {
  const { timestamp, from, to } = request;
  if (isTextStamp(timestamp, origin)) return '';
  const name = nameIn(relation)(timestamp);
  const type = timestamp.type === 'TIMESTAMP WITH TIME ZONE' ? 'TIMESTAMPTZ' : 'TIMESTAMP';
  const bounds = [
    ...(from === -Infinity ? [] : [`${name} >= ${type} '${new Date(from).toISOString()}'`]),
    ...(to === Infinity ? [] : [`${name} <= ${type} '${new Date(to).toISOString()}'`]),
  ];
  return bounds.length === 0 ? '' : ` WHERE (${bounds.join(' AND ')}) OR ${name} IS NULL`;
}
