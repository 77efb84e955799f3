import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, open, readdir, readlink, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError, OutputError, describe } from '../errors.ts';

/** A sibling that a write made this long ago was left by a process that was killed. */
const orphanedAfter = 24 * 60 * 60 * 1000;

/**
 * Writes a file so that its path holds, at every moment, either the old content or all of the new one.
 *
 * `chunks` go to a temporary sibling, which is flushed to the disk and renamed over `path`; the folder is flushed too,
 * so that the rename itself survives a loss of power. A file that is replaced hands its permissions on; a symbolic link is
 * kept, and the file that it points at is replaced. A failure removes the sibling and leaves `path` as it was. A
 * process killed half-way may leave a sibling named `.<name>.<random>.tmp` behind, which nothing ever reads, and which the first
 * write to the same path a day later removes.
 * Throws OutputError, ConfigError for what is no path; what `chunks` itself throws passes through.
 */
export async function replaceFile(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const given = resolve(requirePath(path, 'write'));
  const target = await attempt(given, () => linkedFile(given));
  const folder = dirname(target);
  const replaced = await stat(target).catch(() => undefined);
  const special = replaced && specialFile(replaced);
  if (special !== undefined) throw unwritable(given, `${special} of that name`);
  const temporary = join(folder, temporaryName(target));
  const mode = replaced && replaced.mode & 0o7777;
  const file = await attempt(given, () => open(temporary, 'wx', mode));
  try {
    try {
      // What a new file may be for others is bounded by the process; what it replaces has been decided upon.
      if (mode !== undefined) await attempt(given, () => file.chmod(mode));
      for await (const bytes of gathered(chunks)) await attempt(given, () => writeAll(file, bytes));
      await attempt(given, () => file.sync());
    } finally {
      await file.close();
    }
    await attempt(given, () => rename(temporary, target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
  for (const written of new Set([given, target])) await sweepOrphans(written).catch(() => undefined);
}

/** A path of the file system, or a ConfigError: `undefined` in its place would be a file of that name, or an error of Node. */
export function requirePath(path: unknown, purpose: 'read' | 'write'): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  throw new ConfigError({
    field: 'path',
    expected: 'the path of a file, as text',
    found: path === '' ? 'an empty text' : describe(path),
    remedy: path instanceof URL ? 'Pass fileURLToPath(url) of node:url.' : `Pass the path of the file to ${purpose}.`,
  });
}

/** What stands in place of a regular file, which is neither read nor replaced; undefined for a regular file. */
export function specialFile(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/** The file that a path stands for: what a symbolic link points at, whether or not it exists yet. */
async function linkedFile(path: string): Promise<string> {
  let at = path;
  // As many links in a row as systems follow.
  for (let links = 0; links < 40; links++) {
    const found = await lstat(at).catch(() => undefined);
    if (!found?.isSymbolicLink()) return at;
    at = resolve(await realpath(dirname(at)), await readlink(at));
  }
  throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' });
}

/** Siblings are named after the file that they are to become. */
export function temporaryName(target: string): string {
  return `.${basename(target)}.${randomUUID()}.tmp`;
}

/**
 * Removes siblings that earlier writes to the same file left more than a day ago, and those of such siblings: a pipeline writes its
 * model to one first. Others' files have other names.
 */
async function sweepOrphans(target: string): Promise<void> {
  const folder = dirname(target);
  const file = basename(target);
  const random = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp/.source;
  const ending = new RegExp(`^(${random}){1,2}$`);
  for (const name of await readdir(folder)) {
    const dots = name.startsWith(`.${file}.`) ? 1 : name.startsWith(`..${file}.`) ? 2 : 0;
    if (dots === 0 || !ending.test(name.slice(dots + file.length))) continue;
    const path = join(folder, name);
    const { mtimeMs } = await lstat(path);
    if (Date.now() - mtimeMs > orphanedAfter) await rm(path, { force: true });
  }
}

/** Small chunks are written together: every write is a turn of the event loop, and an artifact may hold 100,000 arrays. */
const gatheredBytes = 1 << 18;

async function* gathered(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.byteLength;
    if (size < gatheredBytes) continue;
    // A large one alone is not copied.
    yield held.length === 1 ? chunk : Buffer.concat(held);
    held = [];
    size = 0;
  }
  if (held.length > 0) yield Buffer.concat(held);
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
    throw unwritable(path, reason(cause), cause);
  }
}

function unwritable(path: string, found: string, cause?: unknown): OutputError {
  return new OutputError({
    field: path,
    expected: 'a file that can be written',
    found,
    remedy: 'Check that the folder exists, may be written to and has room; what was there before is unchanged.',
    cause,
  });
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
    ELOOP: 'symbolic links that lead nowhere',
    EEXIST: 'a folder of that name',
    ENOTEMPTY: 'a folder of that name',
  };
  return plain[systemCode(cause)] ?? String(cause);
}
