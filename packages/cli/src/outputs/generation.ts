import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Ml4tError, OutputError } from '@ml4t/core';

/** One file of a set that belongs together. */
export interface OutputFile {
  readonly name: string;
  /** Writes the file at a path that is not its final one. */
  write(path: string): Promise<void>;
}

/**
 * Writes files that belong together: all of them into a folder of their own inside `directory`, then each is renamed
 * into place in the order given, so put the one that vouches for the others last. Up to the first rename a failure
 * leaves the directory exactly as it was, and no directory where there was none.
 *
 * @param obsolete names of files that the new ones make out of date, removed at the end
 * @returns the paths written
 * @throws OutputError
 */
export async function writeTogether(
  directory: string,
  files: readonly OutputFile[],
  obsolete: readonly string[] = [],
): Promise<string[]> {
  const created = await makeDirectory(directory);
  let staging: string | undefined;
  try {
    staging = await mkdtemp(join(directory, '.ml4t-'));
    for (const file of files) await file.write(join(staging, file.name));
    const paths: string[] = [];
    for (const { name } of files) {
      await rename(join(staging, name), join(directory, name));
      paths.push(join(directory, name));
    }
    for (const name of obsolete) await rm(join(directory, name), { force: true });
    return paths;
  } catch (cause) {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
    staging = undefined;
    // Only folders that this call made, and only while they are empty.
    for (const folder of created) await rmdir(folder).catch(() => undefined);
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

/** The folders that were made, innermost first. */
async function makeDirectory(directory: string): Promise<string[]> {
  try {
    const outermost = await mkdir(directory, { recursive: true });
    if (outermost === undefined) return [];
    const created: string[] = [];
    for (let folder = resolve(directory); folder.length >= outermost.length; folder = dirname(folder))
      created.push(folder);
    return created;
  } catch (cause) {
    throw notWritable(directory, cause);
  }
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
