import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { openConnection } from '../src/duckdb/connection.ts';

/** A folder for the files of one test file, removed at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ml4t-integration-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Writes the result of a SELECT to a Parquet file with the types that SQL gives it. */
export async function writeParquet(path: string, select: string): Promise<string> {
  const { connection, close } = await openConnection();
  try {
    await connection.run(`COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  } finally {
    close();
  }
  return path;
}

/** The first column of a query, as JavaScript values. */
export async function query(sql: string): Promise<unknown[][]> {
  const { connection, close } = await openConnection();
  try {
    return await (await connection.runAndReadAll(sql)).getRowsJS();
  } finally {
    close();
  }
}
