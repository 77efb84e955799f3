import type { DuckDBConnection } from '@duckdb/node-api';
import { SourceError, describe } from '@ml4t/core';
import type { ColumnKind, Frame, FrameColumn, RowChunk, RowRequest } from '../read/frame.ts';
import type { QuerySource } from '../read/options.ts';
import { openConnection, sqlName, sqlText } from './connection.ts';
import { requireSelect, restrict } from './query-access.ts';
import { filePattern, type FileFormat } from './relation.ts';
import { csvRelation, dateFilter, selectRows, type CsvMode, type Origin } from './row-query.ts';
import { streamRows } from './row-stream.ts';
import { sourceError } from './source-errors.ts';
import { doubles } from './vectors.ts';

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
  return open(
    'query',
    source.database,
    () => relation,
    'query',
    async (connection) => {
      await restrict(connection, source.allow);
      await requireSelect(connection, source.query);
    },
  );
}

/** What a sort may hold before DuckDB writes runs to its temporary folder. */
const sortMemory = '1GB';

async function open(
  label: string,
  database: string | undefined,
  relation: Relation,
  origin: Origin,
  prepare?: (connection: DuckDBConnection) => Promise<void>,
): Promise<Frame> {
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
      const sql = selectRows(relation(request, mode), request, origin, mode, sorted);
      yield* streamRows(connection, sql, request, () => interrupted);
      isRead = true;
    } catch (error) {
      throw plain(error);
    } finally {
      // A result that is left half read keeps its memory and its files until it is collected; the next query ends it.
      if (!isRead) await connection.run('SELECT 1').catch(() => undefined);
    }
  };
  try {
    await prepare?.(connection);
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
