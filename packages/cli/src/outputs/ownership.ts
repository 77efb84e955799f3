import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { OutputError } from '@ml4t/core';

/** A file that a record says was written with it. */
export interface WrittenFile {
  readonly name: string;
  readonly sha256: string;
}

/** Files on their way into the output directory are in a folder of this name and something random. */
export const stagingPrefix = '.ml4t-write-';

/**
 * Throws OutputError unless each of these files can be written: there is none of that name, or it is, to the bit, what a record in
 * the folder says that this command wrote.
 *
 * @param records names of the records that count, `summary.json` for example
 */
export async function requireOwned(
  directory: string,
  names: readonly string[],
  records: readonly string[],
): Promise<void> {
  const owned = await ownedFiles(directory, records);
  for (const name of names) {
    if (await mayReplace(directory, name, owned, records)) continue;
    throw new OutputError({
      field: join(directory, name),
      expected: 'no file of that name, or the one that this command wrote',
      found: owned.has(name)
        ? 'a file that was changed since'
        : `a file that no ${records[0]} in the folder says it wrote`,
      remedy: 'Nothing was touched. Choose another directory with --output, or move the file away.',
    });
  }
}

/** Removes those of the files that are, to the bit, what the records say; others are nobody's business here. */
export async function removeOwned(
  directory: string,
  names: readonly string[],
  records: readonly string[],
): Promise<void> {
  const owned = await ownedFiles(directory, records);
  for (const name of names)
    if (await mayReplace(directory, name, owned, records)) await rm(join(directory, name), { force: true });
}

/** Folders of writers that were killed; call it with the folder locked. */
export async function leftStaging(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.startsWith(stagingPrefix)).map((name) => join(directory, name));
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** SHA-256 of what this command wrote, by name: there can be two of a name where a writer was killed between two files. */
async function ownedFiles(directory: string, records: readonly string[]): Promise<Map<string, Set<string>>> {
  const owned = new Map<string, Set<string>>();
  // The record is renamed last: where a writer was killed, the one that speaks for the first files is still staged.
  for (const folder of [directory, ...(await leftStaging(directory))])
    for (const record of records)
      for (const { name, sha256 } of (await recordedFiles(join(folder, record))) ?? [])
        owned.set(name, (owned.get(name) ?? new Set()).add(sha256));
  return owned;
}

/** Undefined where there is no record. */
async function recordedFiles(path: string): Promise<readonly WrittenFile[] | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as { ml4t?: unknown; files?: unknown } | null;
    if (typeof record?.ml4t !== 'string' || !Array.isArray(record.files)) return undefined;
    return record.files.every(isWrittenFile) ? record.files : undefined;
  } catch {
    return undefined;
  }
}

function isWrittenFile(value: unknown): value is WrittenFile {
  const { name, sha256 } = (value ?? {}) as Partial<WrittenFile>;
  return typeof name === 'string' && typeof sha256 === 'string';
}

async function mayReplace(
  directory: string,
  name: string,
  owned: ReadonlyMap<string, ReadonlySet<string>>,
  records: readonly string[],
): Promise<boolean> {
  const path = join(directory, name);
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found === undefined) return true;
  // A link is not what was written, wherever it leads.
  if (!found.isFile()) return false;
  if (records.includes(name)) return (await recordedFiles(path)) !== undefined;
  const hashes = owned.get(name);
  return hashes !== undefined && hashes.has(await sha256OfFile(path));
}
