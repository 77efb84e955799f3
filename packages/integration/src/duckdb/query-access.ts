import { resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { ConfigError, SourceError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { QueryAccess } from '../read/source-options.ts';
import { sqlText } from './connection.ts';
import { filePattern } from './relation.ts';

/**
 * Functions that DuckDB lets a SELECT call and that do more than compute or read rows: they write logs and profiles, change
 * the connection, run SQL given as text, or follow a pointer.
 */
export const actingFunctions: ReadonlySet<string> = new Set([
  'arrow_scan',
  'arrow_scan_dumb',
  'checkpoint',
  'disable_logging',
  'disable_peg_parser',
  'disable_profiling',
  'enable_logging',
  'enable_peg_parser',
  'enable_profiling',
  'force_checkpoint',
  'json_execute_serialized_sql',
  'query',
  'truncate_duckdb_logs',
  'write_log',
]);

/**
 * Closes a connection to everything but its database and the files that the caller names, and locks its configuration. Text
 * from a caller is run only afterwards. DuckDB follows symbolic links before it compares paths.
 */
export async function restrict(
  connection: DuckDBConnection,
  allow: QueryAccess | undefined,
  folder = '',
): Promise<void> {
  const paths = await allowedPaths(connection, requireFiles(allow), folder);
  if (folder !== '') await connection.run(`SET file_search_path = ${sqlText(resolve(folder))}`);
  await connection.run(`SET allowed_paths = [${paths.map(sqlText).join(', ')}]`);
  await connection.run('SET enable_external_access = false');
  // A sort sets it, see frame.ts; a query has no way to.
  await connection.run("SET allowed_configs = ['memory_limit']");
  await connection.run('SET lock_configuration = true');
}

/** A text that DuckDB's own parser takes for exactly one SELECT, none of whose functions acts. Nothing is run or opened. */
export async function requireSelect(connection: DuckDBConnection, query: string): Promise<void> {
  const result = await connection.run(`SELECT json_serialize_sql(CAST(${sqlText(query)} AS VARCHAR))`);
  const functions: string[] = [];
  const parsed = JSON.parse(String((await result.getRowsJS())[0][0]), (key, value: unknown) => {
    if (key === 'function_name') functions.push(String(value).toLowerCase());
    return value;
  }) as { readonly statements?: readonly unknown[]; readonly error_message?: string; readonly error_type?: string };
  const refuse = (found: string, remedy: string): SourceError =>
    new SourceError({ field: 'source.query', expected: 'exactly one SELECT', found, remedy });
  if (parsed.statements === undefined)
    throw parsed.error_type === 'not implemented'
      ? refuse('a statement that is not a SELECT', 'Pass a SELECT. (A PIVOT needs its list of values: IN (…).)')
      : refuse(`"${parsed.error_message ?? 'nothing'}"`, 'Correct the query: one SELECT.');
  if (parsed.statements.length !== 1)
    throw refuse(`${parsed.statements.length} statements`, 'Pass one SELECT, with a semicolon at most at its end.');
  const acting = functions.find((name) => actingFunctions.has(name));
  if (acting !== undefined)
    throw refuse(`a call of ${acting}`, 'Leave it out: a query reads, and its SQL stands in its own text.');
}

function requireFiles(allow: unknown): readonly string[] {
  if (allow === undefined) return [];
  const { files = [], ...others } = (typeof allow === 'object' && allow !== null ? allow : { allow }) as QueryAccess;
  const unknown = Object.keys(others)[0];
  const isList = Array.isArray(files) && files.every((file) => typeof file === 'string' && file !== '');
  if (isList && unknown === undefined) return files;
  throw new ConfigError({
    field: 'source.allow',
    expected: '{ files: [path or pattern, …] }',
    found: unknown === undefined ? describe(files) : describe(allow),
    remedy: "Name the files that the query reads: allow: { files: ['prices/*.parquet'] }.",
  });
}

/** The files, and of a pattern the pattern itself (a query asks for that first) and every file that it matches now. */
async function allowedPaths(connection: DuckDBConnection, files: readonly string[], folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const file of files) {
    // What is no path stays as it is, to be refused as that.
    const isRemote = /^[a-z][a-z0-9+.-]*:\/\//i.test(file);
    const { pattern, isGlob } = await filePattern(isRemote ? file : resolve(folder, file));
    // As the query spells it too: DuckDB asks for that before it looks in the folder.
    paths.push(resolve(folder, file), pattern, ...(folder === '' ? [] : [file]));
    if (!isGlob) continue;
    const result = await connection.run(`SELECT file FROM glob(${sqlText(pattern)})`);
    const matches = (await result.getRowsJS()).map(([name]) => resolve(String(name)));
    if (matches.length === 0)
      throw new SourceError({
        field: 'source.allow.files',
        expected: 'existing files',
        found: `no file that matches ${file}`,
        remedy: 'Check the path and the pattern.',
      });
    paths.push(...matches);
  }
  return paths;
}
