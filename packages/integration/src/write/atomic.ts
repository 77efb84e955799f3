import { randomBytes } from 'node:crypto';
import { copyFile, link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputError } from '@ml4t/core';

/** A file to be written: its final path, and who writes it to a path of our choosing. */
export interface PendingFile {
  readonly path: string;
  write(temporaryPath: string): Promise<void>;
}

interface StagedFile {
  readonly path: string;
  readonly temporary: string;
  /** A second name of the file that was there before. */
  backup: string | undefined;
  moved: boolean;
}

/**
 * Writes files so that each is either the whole new one or the old one: into temporary siblings, flushed to disk, and
 * renamed only when every one of them is complete. When a rename fails, those already made are taken back.
 */
export async function writeAtomically(files: readonly PendingFile[]): Promise<void> {
  for (const { path } of files) await requireWritableTarget(path);
  const staged: StagedFile[] = [];
  try {
    for (const { path, write } of files) {
      const temporary = siblingOf(path, 'tmp');
      staged.push({ path, temporary, backup: undefined, moved: false });
      await asOutputError(path, async () => {
        await write(temporary);
        await flush(temporary);
      });
    }
    for (const file of staged) await asOutputError(file.path, () => replace(file));
  } catch (error) {
    await takeBack(staged);
    throw error;
  }
  for (const { backup } of staged) if (backup) await rm(backup, { force: true });
  for (const folder of new Set(staged.map(({ path }) => dirname(resolve(path)))))
    await flush(folder).catch(() => undefined);
}

async function replace(file: StagedFile): Promise<void> {
  if (await stat(file.path).catch(() => undefined)) {
    const backup = siblingOf(file.path, 'old');
    // Not every file system has hard links.
    await link(file.path, backup).catch(() => copyFile(file.path, backup));
    file.backup = backup;
  }
  await rename(file.temporary, file.path);
  file.moved = true;
}

async function takeBack(staged: readonly StagedFile[]): Promise<void> {
  for (const { path, temporary, backup, moved } of staged) {
    if (moved) await (backup ? rename(backup, path) : rm(path, { force: true }));
    else if (backup) await rm(backup, { force: true });
    await rm(temporary, { force: true });
  }
}

async function requireWritableTarget(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const [target, parent] = await Promise.all([stat(path).catch(() => undefined), stat(folder).catch(() => undefined)]);
  if (!parent?.isDirectory())
    throw new OutputError({
      field: path,
      expected: 'a path in an existing folder',
      found: parent ? `${folder} is a file` : `no folder ${folder}`,
      remedy: 'Create the folder, or write elsewhere.',
    });
  if (target && !target.isFile())
    throw new OutputError({
      field: path,
      expected: 'the path of a file, new or to be replaced',
      found: target.isDirectory() ? 'a folder' : 'something that is not a file',
      remedy: 'Choose another name.',
    });
}

async function asOutputError(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof OutputError) throw error;
    throw new OutputError({
      field: path,
      expected: 'to be written',
      found: error instanceof Error ? error.message.split('\n', 1)[0] : String(error),
      remedy: 'Check the rights of the folder and the space on the disk; an older file of that name is untouched.',
      cause: error,
    });
  }
}

/** Has the disk hold what was written to a file or a folder. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A hidden name beside a file, so that a rename stays within one file system. */
function siblingOf(path: string, kind: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.${kind}`);
}
