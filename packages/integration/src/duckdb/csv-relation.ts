import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { SourceError } from '@ml4t/core';
import type { FrameColumn, RowRequest } from '../read/frame.ts';
import type { TextEncoding } from '../read/source-options.ts';
import type { ReadNote } from '../read/report.ts';
import { sqlText } from './connection.ts';
import { csvColumns } from './csv-columns.ts';
import { changesLineEnds, prepareCsvFile, withOneLineEnd, type CsvFile, type CsvFileOptions } from './csv-file.ts';
import type { CsvMode, Relation } from './relation-columns.ts';
import { missingMarkers, type TextNumbers } from './text-numbers.ts';

export interface CsvRelationOptions {
  readonly delimiter: string | undefined;
  readonly encoding: TextEncoding | undefined;
  readonly numbers: TextNumbers;
  readonly signal: AbortSignal | undefined;
}

/**
 * One CSV file, or several of the same columns in any order. The dialect is found here and stated to DuckDB, which then guesses
 * nothing: a line that is too short is an error with its number, not a reason to take commas for text.
 */
export async function csvRelation(
  connection: DuckDBConnection,
  label: string,
  patterns: readonly string[],
  options: CsvRelationOptions,
): Promise<Relation> {
  let folder: string | undefined;
  const fileOptions: CsvFileOptions = {
    delimiter: options.delimiter,
    encoding: options.encoding,
    signal: options.signal,
    scratch: async () => (folder ??= await mkdtemp(join(tmpdir(), 'ml4t-csv-'))),
  };
  try {
    const files: CsvFile[] = [];
    for (const path of await matchingFiles(connection, patterns, label))
      files.push(await prepareCsvFile(path, fileOptions));
    const names = columnNames(files);
    const untyped = (): string => relationSql(files, names, () => 'VARCHAR', false);
    const close = (): void => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    };
    const repair = async (error: unknown): Promise<boolean> => {
      if (!isOfCsv(error)) return false;
      let isRepaired = false;
      const isCopy = ({ path }: CsvFile): boolean => folder !== undefined && path.startsWith(folder);
      for (const [k, file] of files.entries()) {
        if (isCopy(file) || !(await changesLineEnds(file))) continue;
        files[k] = await withOneLineEnd(file, fileOptions);
        isRepaired = true;
      }
      return isRepaired;
    };
    const find = (): ReturnType<typeof csvColumns> => csvColumns(connection, untyped(), names, options.numbers);
    const { columns, needsText } = await find().catch(async (error: unknown) => {
      if (await repair(error)) return find();
      throw error;
    });
    return {
      columns,
      notes: notesOn(files),
      needsText,
      sql: (request, mode = 'typed') =>
        request === undefined
          ? untyped()
          : relationSql(files, names, typesFor(columns, request, mode), mode === 'typed'),
      repair,
      close,
    };
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** An error that a line may cause that ends in another way than the first; a carriage return after a quote passes for a quote left open. */
const isOfCsv = (error: unknown): boolean => /state machine reached|CSV Error on Line/.test(String(error));

async function matchingFiles(
  connection: DuckDBConnection,
  patterns: readonly string[],
  label: string,
): Promise<string[]> {
  const paths: string[] = [];
  for (const pattern of patterns) {
    const result = await connection.run(`SELECT file FROM glob(${sqlText(pattern)}) ORDER BY file`);
    for (const [path] of await result.getRowsJS()) paths.push(String(path));
  }
  if (paths.length > 0) return paths;
  throw new SourceError({
    field: label,
    expected: 'an existing file',
    found: `no file that matches ${label}`,
    remedy: 'Check the path and the pattern.',
  });
}

/** The columns of all files, in order of first appearance. */
function columnNames(files: readonly CsvFile[]): readonly string[] {
  const [first, ...others] = files;
  // Several of one name in one file are refused later, where their use is known.
  const names = [...first.dialect.names];
  for (const { dialect } of others) for (const name of dialect.names) if (!names.includes(name)) names.push(name);
  return names;
}

/** Dates stay text, to be read by one strict rule; asset ids stay text, to keep their leading zeros. */
function typesFor(columns: readonly FrameColumn[], request: RowRequest, mode: CsvMode): (position: number) => string {
  return (position) => {
    const column = columns[position];
    if (
      mode === 'text' ||
      column === request.timestamp ||
      column === request.asset ||
      !request.numbers.includes(column)
    )
      return 'VARCHAR';
    return column.kind === 'boolean' ? 'BOOLEAN' : 'DOUBLE';
  };
}

function relationSql(
  files: readonly CsvFile[],
  names: readonly string[],
  typeOf: (position: number) => string,
  withMarkers: boolean,
): string {
  const groups = groupsOf(files);
  const parts = groups.map((group) => {
    const { dialect, isGzip } = group[0];
    const position = positions(dialect.names, names);
    const columns = position.map((k, own) => `${sqlText(`c${own}`)}: '${typeOf(k)}'`);
    const settings = [
      `[${group.map(({ path }) => sqlText(path.replaceAll(/[*?[]/g, '[$&]'))).join(', ')}]`,
      'header = true, auto_detect = false, hive_partitioning = false',
      `compression = '${isGzip ? 'gzip' : 'none'}'`,
      `delim = ${sqlText(dialect.delimiter)}, quote = ${sqlText(dialect.quote)}, escape = ${sqlText(dialect.escape)}`,
      `skip = ${dialect.skippedLines}`,
      ...(withMarkers ? [`nullstr = [${missingMarkers.map(sqlText).join(', ')}]`] : []),
      `columns = {${columns.join(', ')}}`,
    ];
    const source = `read_csv(${settings.join(', ')})`;
    if (groups.length === 1) return source;
    const list = names.map((_, k) => {
      const own = position.indexOf(k);
      return own < 0 ? `CAST(NULL AS ${typeOf(k)}) AS c${k}` : `c${own} AS c${k}`;
    });
    return `SELECT ${list.join(', ')} FROM ${source}`;
  });
  return parts.length === 1 ? parts[0] : `(${parts.join(' UNION ALL ')})`;
}

/** Where the columns of a file stand among those of all. */
function positions(own: readonly string[], names: readonly string[]): readonly number[] {
  const taken = new Set<number>();
  return own.map((name) => {
    const k = names.findIndex((other, position) => other === name && !taken.has(position));
    taken.add(k);
    return k;
  });
}

/** Files that can be read in one go: successive ones of one dialect. */
function groupsOf(files: readonly CsvFile[]): readonly (readonly CsvFile[])[] {
  const groups: CsvFile[][] = [];
  const key = ({ dialect, isGzip }: CsvFile): string => JSON.stringify([dialect, isGzip]);
  for (const file of files) {
    const last = groups.at(-1);
    if (last && key(last[0]) === key(file)) last.push(file);
    else groups.push([file]);
  }
  return groups;
}

function notesOn(files: readonly CsvFile[]): readonly ReadNote[] {
  return files
    .filter(({ dialect }) => dialect.titleLines > 0)
    .map(({ label, dialect }) => ({
      code: 'lines-above-header',
      columns: [],
      found: `${label}: the header is on line ${dialect.titleLines + 1}; what stands above it was left out`,
      remedy: 'Nothing, if that is a title.',
    }));
}
