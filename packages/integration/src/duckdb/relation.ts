import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SourceError } from '@ml4t/core';
import { nearestName } from '@ml4t/core/authoring';

export type FileFormat = 'parquet' | 'csv' | 'tsv' | 'arrow';

const formats: readonly (readonly [RegExp, FileFormat])[] = [
  [/\.(parquet|pq)$/i, 'parquet'],
  [/\.csv(\.gz|\.bz2)?$/i, 'csv'],
  [/\.tsv(\.gz|\.bz2)?$/i, 'tsv'],
  [/\.(arrow|feather|ipc)$/i, 'arrow'],
];

/** The format that the ending of a path or glob says. */
export function formatOfPath(path: string): FileFormat {
  const format = formats.find(([ending]) => ending.test(path))?.[1];
  if (format === undefined)
    throw new SourceError({
      field: path === '' ? 'source' : path,
      expected: 'a file that ends in .parquet, .csv, .tsv, .csv.gz, .csv.bz2, .arrow or .feather',
      found: path === '' ? 'an empty path' : `the ending of ${JSON.stringify(basename(path))}`,
      remedy: "Rename the file, or read it by a query: { query: \"FROM read_csv('…')\", allow: { files: ['…'] } }.",
    });
  return format;
}

/** The format of several files, which must be one. */
export function formatOfPaths(paths: readonly string[]): FileFormat {
  const formats = paths.map(formatOfPath);
  const other = formats.findIndex((format) => format !== formats[0]);
  if (paths.length > 0 && other < 0) return formats[0];
  throw new SourceError({
    field: 'source',
    expected: 'files of one format',
    found: paths.length === 0 ? 'an empty list' : `${paths[0]} and ${paths[other]}`,
    remedy: 'List files of one format.',
  });
}

/** A path that exists, as a pattern that means only itself; a glob stays as it is. Missing files and folders are errors. */
export async function filePattern(path: string): Promise<{ readonly pattern: string; readonly isGlob: boolean }> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory())
    throw new SourceError({
      field: path,
      expected: 'a file',
      found: 'a folder',
      remedy: `Read its files by a pattern: ${JSON.stringify(join(path, '*.parquet'))}.`,
    });
  if (found && !found.isFile())
    throw new SourceError({
      field: path,
      expected: 'a file',
      found: 'a pipe, a socket or a device',
      remedy: 'Write what it gives to a file first, or pass it as { rows } or { columns }.',
    });
  if (found) return { pattern: path.replaceAll(/[*?[]/g, '[$&]'), isGlob: false };
  if (/[*?[]/.test(path)) return { pattern: path, isGlob: true };
  const siblings = await readdir(dirname(path)).catch(() => undefined);
  const near = siblings && nearestName(basename(path), siblings);
  throw new SourceError({
    field: path,
    expected: 'an existing file',
    found: siblings ? 'no such file' : `no such folder: ${dirname(path)}`,
    remedy: near === undefined ? 'Check the path.' : `Did you mean ${JSON.stringify(join(dirname(path), near))}?`,
  });
}
