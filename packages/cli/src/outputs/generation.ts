import { constants } from 'node:fs';
import { access, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Ml4tError, OutputError } from '@ml4t/core';
import { makeFolders, removeEmptyFolders } from '@ml4t/core/persist';
import { leftStaging, removeOwned, requireOwned, sha256OfFile, stagingPrefix, type WrittenFile } from './ownership.ts';

/** One file of a set that belongs together. */
export interface OutputFile {
  readonly name: string;
  /** Writes the file at a path that is not its final one. */
  write(path: string): Promise<void>;
}

/** What vouches for the files of a set: JSON that names them, and itself says that this command wrote it. */
export interface OutputRecord {
  readonly name: string;
  /** Its content once the others are written; with the keys `ml4t` (the version) and `files`. */
  content(files: readonly WrittenFile[]): object;
}

export interface OutputSet {
  readonly files: readonly OutputFile[];
  readonly record: OutputRecord;
  /** Names of all records that speak for files of the folder, `record` among them. */
  readonly records: readonly string[];
  /** Names of files that the new ones make out of date: removed, those of them that this command wrote. */
  readonly obsolete?: readonly string[] | undefined;
}

/**
 * Writes files that belong together: all of them into a folder of their own inside `directory`, then each is renamed
 * into place in the order given, what is out of date is removed, and the record that names the files with their SHA-256 comes last. Up
 * to the first rename a failure leaves the directory exactly as it was, and no directory where there was none. Call it with the folder
 * locked.
 *
 * @returns the paths written
 * @throws OutputError something cannot be written, or a file is there that no record of the folder speaks for
 */
export async function writeTogether(directory: string, set: OutputSet): Promise<string[]> {
  const { files, record, records, obsolete = [] } = set;
  const left = await leftStaging(directory);
  const created = await makeFolders(directory).catch((cause: unknown) => {
    throw notWritable(directory, cause);
  });
  let staging: string | undefined;
  try {
    staging = await mkdtemp(join(directory, stagingPrefix));
    const written: WrittenFile[] = [];
    for (const { name, write } of files) {
      await write(join(staging, name));
      written.push({ name, sha256: await sha256OfFile(join(staging, name)) });
    }
    await writeFile(join(staging, record.name), `${JSON.stringify(record.content(written), null, 2)}\n`);
    const names = [...files.map(({ name }) => name), record.name];
    await requireOwned(directory, names, records);
    for (const name of names) {
      if (name === record.name) await removeOwned(directory, obsolete, records);
      await rename(join(staging, name), join(directory, name));
    }
    for (const folder of left) await rm(folder, { recursive: true, force: true });
    return names.map((name) => join(directory, name));
  } catch (cause) {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
    staging = undefined;
    await removeEmptyFolders(created);
    throw cause instanceof Ml4tError ? cause : notWritable(directory, cause);
  } finally {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Throws OutputError when files could not be put into `directory`, without creating it: so that a long computation does
 * not find out at its end.
 */
export async function requireWritable(directory: string): Promise<void> {
  let folder = resolve(directory);
  for (;;) {
    const found = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
      throw notWritable(directory, cause);
    });
    if (found?.isDirectory()) break;
    if (found) throw notWritable(directory, new Error(`${folder} is a file`));
    folder = dirname(folder);
  }
  await access(folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw notWritable(directory, cause);
  });
}

function notWritable(directory: string, cause: unknown): OutputError {
  return new OutputError({
    field: `output directory ${directory}`,
    expected: 'a folder that can be written to',
    found: cause instanceof Error ? cause.message : String(cause),
    remedy: 'Choose another directory, or change its permissions.',
    cause,
  });
}
