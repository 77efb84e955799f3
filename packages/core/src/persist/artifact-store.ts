import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ArtifactError, OutputError, describe } from '../errors.ts';
import { makeFolders } from './folders.ts';
import { replaceFile, systemCode } from './replace-file.ts';

/**
 * Artifacts by key, wherever they are: a folder, a bucket, a table. Keys say all of what they name (a digest in them), so that
 * equal keys have equal content and it does not matter who puts it there, or twice.
 *
 * A key is made of names of letters, digits, dots, dashes and underscores with slashes between them: `fold/4f0c…`.
 */
export interface ArtifactStore {
  has(key: string): Promise<boolean>;
  /** @throws ArtifactError there is nothing under the key */
  get(key: string): Promise<Uint8Array>;
  /** Whole or not at all: nobody ever gets a part of it. Throws OutputError. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Keys that begin with the prefix; all of them where there is none. In no order. */
  list(prefix?: string): AsyncIterable<string>;
  /** Keys under which there is nothing are no error. */
  remove(keys: readonly string[]): Promise<void>;
}

/** A store in a folder, which is made when there is something to put there: a file for each key. Works over a shared disk. */
export class FolderStore implements ArtifactStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  async has(key: string): Promise<boolean> {
    const found = await stat(this.#path(key)).catch(() => undefined);
    return found?.isFile() ?? false;
  }

  async get(key: string): Promise<Uint8Array> {
    const path = this.#path(key);
    return readFile(path).catch((cause: unknown) => {
      throw new ArtifactError({
        field: path,
        expected: 'an artifact',
        found: systemCode(cause) === 'ENOENT' ? 'no such file' : (cause as Error).message,
        remedy: 'Do again what leaves it there.',
        cause,
      });
    });
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    await makeFolders(dirname(path)).catch((cause: Error) => {
      throw new OutputError({
        field: dirname(path),
        expected: 'a folder that can be created',
        found: cause.message,
        remedy: 'Choose another folder, or change its permissions.',
        cause,
      });
    });
    await replaceFile(path, [bytes]);
  }

  async *list(prefix = ''): AsyncGenerator<string> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    for (const entry of entries) {
      const key = relative(this.folder, join(entry.parentPath, entry.name)).split(sep).join('/');
      // Files that are being written have names that no key has.
      if (entry.isFile() && isKey(key) && key.startsWith(prefix)) yield key;
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => rm(this.#path(key), { force: true })));
  }

  /** Removes the folder and all that is in it. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #path(key: string): string {
    if (!isKey(key))
      throw new ArtifactError({
        field: 'key',
        expected: 'names of letters, digits, dots, dashes and underscores with slashes between them',
        found: describe(key),
        remedy: 'Choose another key.',
      });
    return join(this.folder, ...key.split('/'));
  }
}

function isKey(key: string): boolean {
  return /^[A-Za-z0-9_][\w.-]*(\/[A-Za-z0-9_][\w.-]*)*$/.test(key);
}
