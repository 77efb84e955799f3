import type { FrameColumn, RowRequest } from '../read/frame.ts';
import { sqlName, sqlText } from './connection.ts';

/** Texts that mean "missing" in the numeric columns of a CSV file. NaN in any case is a number to DuckDB already. */
const missingMarkers = ['', 'NA', 'N/A', '#N/A', 'null', 'NULL', 'None', '.'];
const missingList = `[${missingMarkers.map(sqlText).join(', ')}]`;
const missingTuple = `(${missingMarkers.map(sqlText).join(', ')})`;

export type Origin = 'parquet' | 'csv' | 'query';

/** How a CSV file is read: numeric columns by DuckDB's parser, or as text cast afterwards. */
export type CsvMode = 'typed' | 'text';

export function csvRelation(dialect: string, request: RowRequest | undefined, mode: CsvMode): string {
  const markers = mode === 'text' ? '' : `, nullstr = ${missingList}`;
  if (request === undefined) return `read_csv(${dialect}${markers})`;
  // Dates stay text, to be read by one strict rule; asset ids stay text, to keep their leading zeros.
  const types = new Map([
    [request.timestamp.name, 'VARCHAR'],
    [request.asset.name, 'VARCHAR'],
  ]);
  for (const { name, kind } of request.numbers)
    types.set(name, mode === 'text' ? 'VARCHAR' : kind === 'boolean' ? 'BOOLEAN' : 'DOUBLE');
  const list = [...types].map(([name, type]) => `${sqlText(name)}: '${type}'`).join(', ');
  return `read_csv(${dialect}${markers}, types = {${list}})`;
}

/** The request as one SELECT: timestamps, assets (text and hash), numbers as doubles. */
export function selectRows(
  relation: string,
  request: RowRequest,
  origin: Origin,
  mode: CsvMode,
  sorted: boolean,
): string {
  const asset = `CAST(${sqlName(request.asset.name)} AS VARCHAR)`;
  const stamp = timestampExpression(request.timestamp, origin);
  const numbers = request.numbers.map(({ name }) => {
    const value =
      mode === 'text'
        ? `CASE WHEN ${sqlName(name)} IN ${missingTuple} THEN NULL ELSE ${sqlName(name)} END`
        : sqlName(name);
    return `CAST(${value} AS DOUBLE)`;
  });
  const keys = isTextStamp(request.timestamp, origin) ? [stamp, `hash(${stamp})`] : [stamp];
  const list = [...keys, asset, `hash(${asset})`, ...numbers];
  // A streamed result that fails halfway ends like one that is complete. The last row says that it is: its hash of the
  // asset is null, which the hash of a row, even of a null asset, never is.
  const end = list.map(() => 'NULL');
  const rows = `FROM ${relation}${dateFilter(request, origin)}`;
  const last = `UNION ALL SELECT ${end.join(', ')}`;
  if (!sorted) return `SELECT ${list.join(', ')} ${rows} ${last}`;
  const names = list.map((_, k) => `c${k}`);
  // The sort stands below the union: DuckDB cannot spill one that stands above it.
  return `(SELECT ${names.join(', ')}
    FROM (SELECT ${list.join(', ')}, ${sortKey(stamp, request, origin)} ${rows}) AS frame(${names.join(', ')}, sort_key)
    ORDER BY sort_key NULLS FIRST) ${last}`;
}

/** Orders rows by date. Texts that DuckDB cannot convert come first, where the reader's stricter rule refuses them. */
function sortKey(stamp: string, request: RowRequest, origin: Origin): string {
  if (!isTextStamp(request.timestamp, origin)) return stamp;
  return `TRY_CAST(${stamp} AS ${request.timestampFormat === undefined ? 'TIMESTAMPTZ' : 'BIGINT'})`;
}

/** Text and integers are parsed outside SQL, once for each distinct entry; in CSV files every timestamp is text. */
const isTextStamp = (column: FrameColumn, origin: Origin): boolean =>
  origin === 'csv' || (column.kind !== 'date' && column.kind !== 'timestamp');

function timestampExpression(column: FrameColumn, origin: Origin): string {
  const name = sqlName(column.name);
  if (isTextStamp(column, origin)) return `CAST(${name} AS VARCHAR)`;
  if (column.kind === 'date') return `CAST(epoch_ms(CAST(${name} AS TIMESTAMP)) AS DOUBLE)`;
  // Nanoseconds since 1970 are beyond 2^53; half a millisecond stands for any fraction, which the reader refuses.
  if (column.type === 'TIMESTAMP_NS')
    return `CAST(epoch_ms(${name}) AS DOUBLE) + CASE WHEN epoch_ns(${name}) % 1000000 = 0 THEN 0 ELSE 0.5 END`;
  return `CAST(epoch_us(${name}) AS DOUBLE) / 1000`;
}

/** A WHERE clause on typed dates, which lets Parquet skip row groups. Rows without a date stay, to be reported. */
export function dateFilter(request: RowRequest, origin: Origin): string {
  const { timestamp, from, to } = request;
  if (isTextStamp(timestamp, origin)) return '';
  const name = sqlName(timestamp.name);
  const type = timestamp.type === 'TIMESTAMP WITH TIME ZONE' ? 'TIMESTAMPTZ' : 'TIMESTAMP';
  const bounds = [
    ...(from === -Infinity ? [] : [`${name} >= ${type} '${new Date(from).toISOString()}'`]),
    ...(to === Infinity ? [] : [`${name} <= ${type} '${new Date(to).toISOString()}'`]),
  ];
  return bounds.length === 0 ? '' : ` WHERE (${bounds.join(' AND ')}) OR ${name} IS NULL`;
}
