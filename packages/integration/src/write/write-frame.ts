import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OutputError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { DataType, tableToIPC, type Table } from 'apache-arrow';
import { milliseconds } from '../arrow/columns.ts';
import { withOneDictionaryEach } from '../arrow/dictionaries.ts';
import { withoutFormula, type CsvOptions } from './formulas.ts';
import { writeAtomically, type PendingFile } from './atomic.ts';

export type OutputFormat = 'parquet' | 'arrow' | 'csv' | 'csv.gz';

export interface WriteOptions {
  /** How text goes to CSV. */
  readonly csv?: CsvOptions | undefined;
}

/** A file that was written. */
export interface WrittenFrame {
  readonly path: string;
  readonly nRows: number;
  readonly bytes: number;
}

/**
 * Writes a table to a `.parquet`, `.arrow`, `.csv` or `.csv.gz` file, as its ending says. The file appears whole or not
 * at all: on any failure an older file of that name is untouched.
 *
 * Parquet and CSV store text columns plainly and timestamps as timestamps; CSV writes them as dates when all are at
 * midnight, else as ISO 8601 in UTC, and leaves missing values empty. Text that a spreadsheet would take for a formula gets an apostrophe
 * in front, unless `options` say otherwise.
 *
 * @throws OutputError the folder does not exist or cannot be written, the path is a folder, or the disk is full
 */
export async function writeFrame(table: Table, path: string, options: WriteOptions = {}): Promise<WrittenFrame> {
  await writeAtomically([pending(table, path, options)]);
  return written(table, path);
}

/**
 * Writes one file per table, `<name>.<format>`, into a folder that is made if need be. All tables are written and
 * flushed before the first file is replaced, and a failure in between puts the old files back; only a crash of the
 * machine between two renames can leave new files beside old ones.
 */
export async function writeFrames(
  frames: Readonly<Record<string, Table>>,
  directory: string,
  options: WriteOptions & { readonly format?: OutputFormat | undefined } = {},
): Promise<readonly WrittenFrame[]> {
  const entries = Object.entries(frames).map(([name, table]) => {
    requireFileName(name);
    return { table, path: join(directory, `${name}.${options.format ?? 'parquet'}`) };
  });
  const files = entries.map(({ table, path }) => pending(table, path, options));
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw new OutputError({
      field: directory,
      expected: 'a folder that exists or can be made',
      found: error instanceof Error ? error.message : String(error),
      remedy: 'Choose another folder, or check the rights of the one above.',
      cause: error,
    });
  }
  await writeAtomically(files);
  return Promise.all(entries.map(({ table, path }) => written(table, path)));
}

async function written(table: Table, path: string): Promise<WrittenFrame> {
  return { path, nRows: table.numRows, bytes: (await stat(path)).size };
}

function pending(table: Table, path: string, options: WriteOptions): PendingFile {
  const format = outputFormat(path);
  requireColumns(table, path);
  return { path, write: (temporary) => writeAs(format, table, temporary, options) };
}

/** Writes a table in the format that the ending says, where nothing else looks yet. */
export async function writeTable(table: Table, path: string, options: WriteOptions = {}): Promise<void> {
  const format = outputFormat(path);
  requireColumns(table, path);
  await writeAs(format, table, path, options);
}

async function writeAs(format: OutputFormat, table: Table, path: string, { csv }: WriteOptions): Promise<void> {
  if (format === 'arrow') return writeFile(path, tableToIPC(withOneDictionaryEach(table), 'file'));
  // A native library of many megabytes: loaded when there is something for it to do.
  const { copyTable } = await import('./duckdb-copy.ts');
  if (format === 'parquet') return copyTable(table, path, 'FORMAT parquet', 'zoned');
  const compression = format === 'csv.gz' ? 'gzip' : 'none';
  const asText = csv?.formulas === 'keep' ? undefined : withoutFormula;
  const options = `FORMAT csv, HEADER true, COMPRESSION ${compression}, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%gZ'`;
  return copyTable(table, path, options, holdsWholeDays(table) ? 'dates' : 'plain', asText);
}

function outputFormat(path: string): OutputFormat {
  if (typeof path !== 'string')
    throw new OutputError({
      field: 'path',
      expected: 'the path of a file, as text',
      found: describe(path),
      remedy: 'Pass the path of the file to write.',
    });
  const ending = /\.(parquet|arrow|feather|csv|csv\.gz)$/.exec(path)?.[1];
  if (ending === undefined)
    throw new OutputError({
      field: path,
      expected: 'a file that ends in .parquet, .arrow, .feather, .csv or .csv.gz',
      found: JSON.stringify(basename(path)),
      remedy: 'Choose one of these endings.',
    });
  return ending === 'feather' ? 'arrow' : (ending as OutputFormat);
}

function requireColumns(table: Table, path: string): void {
  const given = table as Partial<Table> | null | undefined;
  if (!Array.isArray(given?.schema?.fields) || typeof given.numRows !== 'number')
    throw new OutputError({
      field: path,
      expected: 'an Arrow table',
      found: describe(table),
      remedy: 'Pass a table such as predictionsTable() makes.',
    });
  if (table.schema.fields.length === 0)
    throw new OutputError({
      field: path,
      expected: 'a table with at least one column',
      found: 'none',
      remedy: 'Pass a table such as predictionsTable() makes.',
    });
}

/** Throws OutputError unless a name can be that of a file. */
export function requireFileName(name: string): void {
  if (!/^[\w][\w.-]*$/.test(name))
    throw new OutputError({
      field: 'frames',
      expected: 'names of letters, digits, dots, dashes and underscores',
      found: JSON.stringify(name),
      remedy: 'Names become file names: choose plain ones.',
    });
}

/** Whether every timestamp of the table is at midnight UTC. */
function holdsWholeDays(table: Table): boolean {
  return table.schema.fields.every((field, k) => {
    if (!DataType.isTimestamp(field.type) && !DataType.isDate(field.type)) return true;
    return table.batches.every((batch) =>
      milliseconds(batch.data.children[k]).values.every((value) => value % 86_400_000 === 0),
    );
  });
}
