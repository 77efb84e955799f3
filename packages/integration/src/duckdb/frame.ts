import type { DuckDBConnection } from '@duckdb/node-api';
import { SourceError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { Frame, FrameColumn, RowChunk, RowRequest } from '../read/frame.ts';
import type { QuerySource, SourceOptions } from '../read/source-options.ts';
import { openConnection } from './connection.ts';
import { csvRelation } from './csv-relation.ts';
import { parquetRelation } from './parquet-relation.ts';
import { requireSelect, restrict } from './query-access.ts';
import { filePattern, type FileFormat } from './relation.ts';
import { queryRelation, type CsvMode, type Relation } from './relation-columns.ts';
import { dateFilter, selectRows, type Origin } from './row-query.ts';
import { streamRows } from './row-stream.ts';
import { sourceError } from './source-errors.ts';
import { remedyForText, textNumbers, type TextNumbers } from './text-numbers.ts';
import { doubles } from './vectors.ts';

export async function openFile(
  paths: readonly string[],
  format: Exclude<FileFormat, 'arrow'>,
  options: SourceOptions,
): Promise<Frame> {
  const patterns: string[] = [];
  for (const path of paths) patterns.push((await filePattern(path)).pattern);
  const label = paths.join(', ');
  const numbers = textNumbers(options);
  if (format === 'parquet')
    return open(label, undefined, 'parquet', numbers, (connection) =>
      parquetRelation(connection, label, patterns, options.hivePartitioning ?? false),
    );
  const { encoding, signal } = options;
  const delimiter = format === 'tsv' ? '\t' : undefined;
  return open(label, undefined, 'csv', numbers, (connection) =>
    csvRelation(connection, label, patterns, { delimiter, encoding, signal, numbers }),
  );
}

export async function openQuery(source: QuerySource, options: SourceOptions): Promise<Frame> {
  if (typeof source.query !== 'string' || source.query.trim() === '')
    throw new SourceError({
      field: 'source.query',
      expected: 'a SELECT',
      found: describe(source.query),
      remedy: 'Pass { query: "SELECT … FROM …" }.',
    });
  if (source.database !== undefined) await filePattern(source.database);
  const query = source.query.trim().replace(/;\s*$/, '');
  return open('query', source.database, 'query', textNumbers(options), async (connection) => {
    await restrict(connection, source.allow, source.folder);
    await requireSelect(connection, source.query);
    return queryRelation(connection, query);
  });
}

/** What a sort may hold before DuckDB writes runs to its temporary folder. */
const sortMemory = '1GB';

async function open(
  label: string,
  database: string | undefined,
  origin: Origin,
  numbers: TextNumbers,
  relate: (connection: DuckDBConnection) => Promise<Relation>,
): Promise<Frame> {
  let columns: readonly FrameColumn[] = [];
  const plain = (error: unknown): Error => sourceError(error, label, origin === 'query', columns);
  const { connection, close } = await openConnection(database).catch((error: unknown) => {
    throw sourceError(error, database ?? label, false);
  });
  const relation = await relate(connection).catch((error: unknown) => {
    close();
    throw plain(error);
  });
  columns = relation.columns;
  let interrupted = false;
  const read = async function* (request: RowRequest, mode: CsvMode, sorted = false): AsyncGenerator<RowChunk> {
    let isRead = false;
    try {
      if (sorted) await connection.run(`SET memory_limit = '${sortMemory}'`);
      // Rows leave a stream in order, one chunk after the other: a second thread would only get in the way.
      else if (origin === 'parquet') await connection.run('SET threads = 1');
      for (let offset = 0; !isRead;) {
        const sql = selectRows({ relation, request, origin, mode, sorted, numbers, offset });
        try {
          for await (const chunk of streamRows(connection, sql, request, () => interrupted)) {
            offset += chunk.length;
            yield chunk;
          }
          isRead = true;
        } catch (error) {
          // Rows given out so far are as they would be in the repaired source: it is read on from there.
          if (!(await relation.repair?.(error))) throw error;
        }
      }
    } catch (error) {
      throw plain(error);
    } finally {
      // A result that is left half read keeps its memory and its files until it is collected; the next query ends it.
      if (!isRead) await connection.run('SELECT 1').catch(() => undefined);
    }
  };
  const isText = origin === 'csv' && (relation.needsText === true || !numbers.isPlain);
  return {
    label,
    columns,
    notes: relation.notes ?? [],
    assetsAreText: origin === 'csv',
    isInMemory: false,
    requireNumeric: (column) => {
      const { kind, isEmpty = false } = column;
      if (kind === 'number' || kind === 'boolean' || isEmpty) return Promise.resolve();
      // Text is read as numbers where the caller says how they are written.
      if (kind === 'text' && origin !== 'csv' && !numbers.isPlain) return Promise.resolve();
      return Promise.reject(notNumeric(column, label));
    },
    countRows: async (request) => {
      if (origin !== 'parquet') return undefined;
      const sql = `SELECT CAST(count(*) AS DOUBLE) FROM ${relation.sql()}${dateFilter(relation, request, origin)}`;
      const result = await connection.run(sql).catch((error: unknown) => {
        throw plain(error);
      });
      const chunk = await result.fetchChunk();
      return chunk ? doubles(chunk, 0).items[0] : undefined;
    },
    skipsRows: (request) => dateFilter(relation, request, origin) !== '',
    read: (request) => read(request, isText ? 'text' : 'typed'),
    ...(origin === 'csv' ? { readLiteral: (request: RowRequest) => read(request, 'text') } : {}),
    readSorted: (request) => read(request, origin === 'csv' ? 'text' : 'typed', true),
    interrupt: () => {
      interrupted = true;
      connection.interrupt();
    },
    close: () => {
      close();
      relation.close?.();
    },
  };
}

function notNumeric(column: FrameColumn, label: string): SourceError {
  const { name, type, text } = column;
  const isHeader = text === name;
  return new SourceError({
    field: `${name} (in ${label})`,
    expected: 'a numeric column',
    found: isHeader ? 'the header again among the rows' : text === undefined ? `type ${type}` : JSON.stringify(text),
    remedy: isHeader
      ? 'Files were laid end to end with their headers: drop all but the first.'
      : text === undefined
        ? `Leave it out of the characteristics, returns and context${type.startsWith('DECIMAL') ? ', or write it as doubles' : ', or convert it at the source'}.`
        : remedyForText(text),
  });
}
