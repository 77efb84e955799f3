import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/**
 * Settings of every connection: nothing is fetched from a network or loaded from a home folder, dates mean UTC, rows
 * keep the order of their source, and a query that spills does so outside the working folder.
 */
const settings = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  enable_external_file_cache: 'false',
  preserve_insertion_order: 'true',
  temp_directory: join(tmpdir(), `ml4t-duckdb-${process.pid}`),
};

export interface OpenConnection {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** A private DuckDB instance with one connection: in memory, or a database file opened read-only. */
export async function openConnection(database?: string): Promise<OpenConnection> {
  const instance = await DuckDBInstance.create(database ?? ':memory:', {
    ...settings,
    ...(database === undefined ? {} : { access_mode: 'READ_ONLY' }),
  });
  let connection: DuckDBConnection | undefined;
  const close = (): void => {
    connection?.closeSync();
    instance.closeSync();
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

/** A SQL string literal. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A SQL identifier, exactly as the source spells it. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
