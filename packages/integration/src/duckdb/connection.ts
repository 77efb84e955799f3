import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/**
 * Settings of every connection: nothing is fetched from a network or loaded from a home folder, dates mean UTC, and rows
 * keep the order of their source.
 */
const settings = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  enable_external_file_cache: 'false',
  preserve_insertion_order: 'true',
};

export interface OpenConnection {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** A private DuckDB instance with one connection: in memory, or a database file opened read-only. */
export async function openConnection(database?: string): Promise<OpenConnection> {
  const spills = spillFolder();
  const removeSpills = (): void => {
    if (spills !== '') rmSync(spills, { recursive: true, force: true });
  };
  const instance = await DuckDBInstance.create(database ?? ':memory:', {
    ...settings,
    temp_directory: spills,
    ...(database === undefined ? {} : { access_mode: 'READ_ONLY' }),
  }).catch((error: unknown) => {
    removeSpills();
    throw error;
  });
  let connection: DuckDBConnection | undefined;
  const close = (): void => {
    connection?.closeSync();
    instance.closeSync();
    removeSpills();
  };
  try {
    connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return { connection, close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Where a query that needs more memory than it may have puts the rest: a folder that nobody else can read or name beforehand.
 * Where none can be made there is none, and such a query ends in an error.
 */
function spillFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'ml4t-duckdb-'));
  } catch {
    return '';
  }
}

/** A SQL string literal. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A SQL identifier, exactly as the source spells it. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
