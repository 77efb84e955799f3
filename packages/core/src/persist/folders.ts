import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it that are missing, one by one: asked for all of them at once, Node never comes back where a system
 * says of a folder above that it is missing and lets nobody make it, as /proc does.
 *
 * @returns the folders that this call made, innermost first
 * @throws the error of the file system; folders made before it are removed
 */
export async function makeFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && folder !== dirname(folder)) return undefined;
      throw error;
    });
    if (found?.isDirectory()) break;
    if (found) throw notAFolder(folder);
    missing.push(folder);
  }
  const made: string[] = [];
  try {
    for (const folder of missing.reverse()) {
      // Another process may be making the same folders.
      const isNew = await mkdir(folder).then(
        () => true,
        async (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST' && (await stat(folder)).isDirectory()) return false;
          throw error;
        },
      );
      if (isNew) made.unshift(folder);
    }
    return made;
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
}

/** Removes folders, innermost first, as long as they are empty. */
export async function removeEmptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(folder).catch(() => undefined);
}

function notAFolder(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`ENOTDIR: not a directory, ${path}`), { code: 'ENOTDIR' });
}
