import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputError } from '../errors.ts';

/**
 * Writes a file so that its path holds, at every moment, either the old content or all of the new one.
 *
 * `chunks` go to a temporary sibling, which is flushed to the disk and renamed over `path`; the folder is flushed too,
 * so that the rename itself survives a loss of power. A failure removes the sibling and leaves `path` as it was. A
 * process killed half-way may leave a sibling named `.<name>.<random>.tmp` behind, which nothing ever reads.
 * Throws OutputError; what `chunks` itself throws passes through.
 */
export async function replaceFile(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const target = resolve(path);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.tmp`);
  const file = await attempt(target, () => open(temporary, 'wx'));
  try {
    try {
      for await (const chunk of chunks) await attempt(target, () => writeAll(file, chunk));
      await attempt(target, () => file.sync());
    } finally {
      await file.close();
    }
    await attempt(target, () => rename(temporary, target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** One `write` may take less than it is given. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten;
}

async function syncFolder(folder: string): Promise<void> {
  // Some systems, Windows among them, cannot open or flush a folder; the rename stands there all the same.
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function attempt<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw new OutputError({
      field: path,
      expected: 'a file that can be written',
      found: reason(cause),
      remedy: 'Check that the folder exists, may be written to and has room; what was there before is unchanged.',
      cause,
    });
  }
}

/** The `code` of a file-system error, for example ENOENT; empty for anything else. */
export function systemCode(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}

function reason(cause: unknown): string {
  const plain: Readonly<Record<string, string>> = {
    ENOENT: 'a folder that does not exist',
    ENOTDIR: 'a file where a folder should be',
    EACCES: 'no permission to write',
    EPERM: 'no permission to write',
    EROFS: 'a read-only file system',
    ENOSPC: 'a full disk',
    EISDIR: 'a folder of that name',
    EEXIST: 'a folder of that name',
    ENOTEMPTY: 'a folder of that name',
  };
  return plain[systemCode(cause)] ?? String(cause);
}
