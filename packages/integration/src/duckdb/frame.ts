import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { EngineError, SourceError, describe } from '@ml4t/core';
import type { KeyDictionary } from '../read/key-dictionary.ts';
import {
  isNull,
  type ColumnKind,
  type Frame,
  type FrameColumn,
  type NumberChunk,
  type RowChunk,
  type RowRequest,
  type TextChunk,
} from '../read/frame.ts';
import type { QuerySource } from '../read/options.ts';
import { openConnection, sqlName, sqlText } from './connection.ts';
import { filePattern, type FileFormat } from './relation.ts';
import { sourceError } from './source-errors.ts';
import { doubles, stringHeaders, textAt, wordPairs } from './vectors.ts';

/** Texts that mean "missing" in the numeric columns of a CSV file. NaN in any case is a number to DuckDB already. */
const missingMarkers = ['', 'NA', 'N/A', '#N/A', 'null', 'NULL', 'None', '.'];
const missingList = `[${missingMarkers.map(sqlText).join(', ')}]`;
const missingTuple = `(${missingMarkers.map(sqlText).join(', ')})`;

type Origin = 'parquet' | 'csv' | 'query';

/** How a CSV file is read: numeric columns by DuckDB's parser, or as text cast afterwards. */
type CsvMode = 'typed' | 'text';

/** What stands after FROM, given the columns that are read. */
type Relation = (request?: RowRequest, mode?: CsvMode) => string;

export async function openFile(path: string, format: Exclude<FileFormat, 'arrow'>): Promise<Frame> {
  const { pattern, isGlob } = await filePattern(path);
  const glob = isGlob ? ', union_by_name = true' : '';
  if (format === 'parquet') {
    const relation = `read_parquet(${sqlText(pattern)}${glob})`;
    return open(path, undefined, () => relation, 'parquet');
  }
  const dialect = `${sqlText(pattern)}, header = true${format === 'tsv' ? ", delim = '\\t'" : ''}${glob}`;
  return open(path, undefined, (request, mode = 'typed') => csvRelation(dialect, request, mode), 'csv');
}

export async function openQuery(source: QuerySource): Promise<Frame> {
  if (typeof source.query !== 'string' || source.query.trim() === '')
    throw new SourceError({
      field: 'source.query',
      expected: 'a SELECT',
      found: describe(source.query),
      remedy: 'Pass { query: "SELECT … FROM …" }.',
    });
  if (source.database !== undefined) await filePattern(source.database);
  // The line break ends a trailing comment.
  const relation = `(${source.query.trim().replace(/;\s*$/, '')}\n)`;
  return open('query', source.database, () => relation, 'query');
}

function csvRelation(dialect: string, request: RowRequest | undefined, mode: CsvMode): string {
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

/** What a sort may hold before DuckDB writes runs to its temporary folder. */
const sortMemory = '1GB';

async function open(label: string, database: string | undefined, relation: Relation, origin: Origin): Promise<Frame> {
  const plain = (error: unknown): Error => sourceError(error, label, origin === 'query');
  const { connection, close } = await openConnection(database).catch((error: unknown) => {
    throw sourceError(error, database ?? label, false);
  });
  let interrupted = false;
  const read = async function* (request: RowRequest, mode: CsvMode, sorted = false): AsyncGenerator<RowChunk> {
    let isRead = false;
    try {
      if (sorted) await connection.run(`SET memory_limit = '${sortMemory}'`);
      // Rows leave a stream in order, one chunk after the other: a second thread would only get in the way.
      else if (origin === 'parquet') await connection.run('SET threads = 1');
      const sql = select(relation(request, mode), request, origin, mode, sorted);
      yield* stream(connection, sql, request, () => interrupted);
      isRead = true;
    } catch (error) {
      throw plain(error);
    } finally {
      // A result that is left half read keeps its memory and its files until it is collected; the next query ends it.
      if (!isRead) await connection.run('SELECT 1').catch(() => undefined);
    }
  };
  try {
    return {
      label,
      columns: await describeColumns(connection, relation()),
      assetsAreText: origin === 'csv',
      isInMemory: false,
      requireNumeric: async (column) => {
        if (column.kind === 'number' || column.kind === 'boolean') return;
        // A CSV column without any value looks like text to the sniffer.
        if (origin === 'csv' && (await countTexts(connection, relation(), column).catch(rethrow(plain))) === 0) return;
        throw new SourceError({
          field: `${column.name} (in ${label})`,
          expected: 'a numeric column',
          found: `type ${column.type}`,
          remedy: 'Leave it out of the characteristics, returns and context, or convert it in a query.',
        });
      },
      countRows: async (request) => {
        if (origin !== 'parquet') return undefined;
        const sql = `SELECT CAST(count(*) AS DOUBLE) FROM ${relation()}${dateFilter(request, origin)}`;
        const chunk = await (await connection.run(sql).catch(rethrow(plain))).fetchChunk();
        return chunk ? doubles(chunk, 0).items[0] : undefined;
      },
      skipsRows: (request) => dateFilter(request, origin) !== '',
      read: (request) => read(request, 'typed'),
      ...(origin === 'csv' ? { readLiteral: (request: RowRequest) => read(request, 'text') } : {}),
      readSorted: (request) => read(request, origin === 'csv' ? 'text' : 'typed', true),
      interrupt: () => {
        interrupted = true;
        connection.interrupt();
      },
      close,
    };
  } catch (error) {
    close();
    throw plain(error);
  }
}

const rethrow =
  (plain: (error: unknown) => Error) =>
  (error: unknown): never => {
    throw plain(error);
  };

async function describeColumns(connection: DuckDBConnection, relation: string): Promise<FrameColumn[]> {
  const result = await connection.run(`DESCRIBE SELECT * FROM ${relation}`);
  const rows = await result.getRowsJS();
  return rows.map(([name, type]) => {
    const typeName = String(type);
    return {
      name: String(name),
      kind: kindOf(typeName),
      isInteger: /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(typeName),
      type: typeName.startsWith('ENUM') ? 'ENUM' : typeName,
    };
  });
}

function kindOf(type: string): ColumnKind {
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'VARCHAR' || type === 'UUID' || /^ENUM\(.*\)$/s.test(type)) return 'text';
  if (type === 'DATE') return 'date';
  return type.startsWith('TIMESTAMP') ? 'timestamp' : 'other';
}

/** How many entries of a CSV column are neither missing nor numbers, counting no further than one. */
async function countTexts(connection: DuckDBConnection, relation: string, column: FrameColumn): Promise<number> {
  const text = `CAST(${sqlName(column.name)} AS VARCHAR)`;
  const result = await connection.run(
    `SELECT 1 FROM ${relation} WHERE ${text} IS NOT NULL AND TRY_CAST(${text} AS DOUBLE) IS NULL LIMIT 1`,
  );
  return (await result.fetchChunk())?.rowCount ?? 0;
}

/** The request as one SELECT: timestamps, assets (text and hash), numbers as doubles. */
function select(relation: string, request: RowRequest, origin: Origin, mode: CsvMode, sorted: boolean): string {
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
function dateFilter(request: RowRequest, origin: Origin): string {
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

async function* stream(
  connection: DuckDBConnection,
  sql: string,
  request: RowRequest,
  isInterrupted: () => boolean,
): AsyncGenerator<RowChunk> {
  const result = await connection.stream(sql);
  // A timestamp column of doubles stands alone; one of text is followed by its hashes.
  const textStamp = result.columnCount === request.numbers.length + 4;
  const assetColumn = textStamp ? 2 : 1;
  // DuckDB fills the next chunk, in a thread of its own, while the reader is busy with this one.
  const fetchNext = (): ReturnType<typeof result.fetchChunk> => {
    const chunk = result.fetchChunk();
    // An error is thrown where the chunk is awaited, not while nobody waits yet.
    chunk.catch(() => undefined);
    return chunk;
  };
  let next = fetchNext();
  try {
    for (;;) {
      const chunk = await next;
      if (!chunk || chunk.rowCount === 0) break;
      const { validity } = wordPairs(chunk, assetColumn + 1);
      const isLast = isNull(validity, chunk.rowCount - 1);
      const length = isLast ? chunk.rowCount - 1 : chunk.rowCount;
      next = fetchNext();
      const numbers: NumberChunk[] = request.numbers.map((_, k) => numberChunk(chunk, assetColumn + 2 + k));
      yield {
        length,
        timestamps: textStamp ? textChunk(chunk, 0, length) : numberChunk(chunk, 0),
        assets: textChunk(chunk, assetColumn, length),
        numbers,
      };
      if (!isLast) continue;
      if (((await next)?.rowCount ?? 0) === 0) return;
      throw new EngineError({
        field: '@duckdb/node-api',
        expected: 'rows in the order of the query',
        found: 'rows after the last one',
        remedy: 'Install the version that @ml4t/integration names in its package.json.',
      });
    }
  } finally {
    // Nobody may close the connection under it.
    await next.catch(() => undefined);
  }
  // Run once more without streaming, the query says what went wrong.
  if (!isInterrupted()) await connection.run(sql);
  throw new SourceError({
    field: 'source',
    expected: 'to be read to its end',
    found: 'rows that stopped short',
    remedy: 'Read it again: it may have been written to in the meantime.',
  });
}

function numberChunk(chunk: DuckDBDataChunk, column: number): NumberChunk {
  const { items, validity } = doubles(chunk, column);
  return { values: items, validity, validityOffset: 0 };
}

/** A text column followed by its hashes. */
function textChunk(chunk: DuckDBDataChunk, column: number, length: number): TextChunk {
  return {
    encode(dictionary: KeyDictionary, codes: Int32Array): void {
      const { items: headers, validity } = stringHeaders(chunk, column);
      const { items: hashes } = wordPairs(chunk, column + 1);
      for (let row = 0; row < length; row++) {
        if (isNull(validity, row)) {
          codes[row] = -1;
          continue;
        }
        const at = row * 4;
        const w0 = headers[at];
        const w1 = headers[at + 1];
        const short = w0 <= 12;
        const w2 = short ? headers[at + 2] : hashes[row * 2];
        const w3 = short ? headers[at + 3] : hashes[row * 2 + 1];
        const code = dictionary.find(w0, w1, w2, w3);
        codes[row] = code >= 0 ? code : dictionary.add(w0, w1, w2, w3, textAt(chunk, column, row));
      }
    },
  };
}
