import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputError } from '@ml4t/core';

/** A file, or a glob, that an experiment reads. */
export interface InputFile {
  /** Where the experiment says so. */
  readonly field: string;
  readonly path: string;
}

/** Every file that a part of an experiment names: what is under `source`, at any depth, but for the text of queries. */
export function inputsOf(part: unknown, field: string): InputFile[] {
  if (part === null || typeof part !== 'object') return [];
  return Object.entries(part).flatMap(([key, value]: [string, unknown]) => {
    const at = Array.isArray(part) ? `${field}[${key}]` : `${field}.${key}`;
    return key === 'source' ? pathsIn(value).map((path) => ({ field: at, path })) : inputsOf(value, at);
  });
}

/** A path, a list of them, a file for each field, or the database and the files that a query may read, from its folder. */
function pathsIn(source: unknown, folder = ''): string[] {
  if (typeof source === 'string') return [folder === '' ? source : resolve(folder, source)];
  if (source === null || typeof source !== 'object') return [];
  const from = 'folder' in source && typeof source.folder === 'string' ? source.folder : folder;
  return Object.entries(source).flatMap(([key, value]) =>
    key === 'query' || key === 'folder' ? [] : pathsIn(value, from),
  );
}

/** Throws OutputError when a file to be written is one of these, whatever name it goes by, or would be read as one the next time. */
export async function requireApart(
  directory: string,
  names: readonly string[],
  inputs: readonly InputFile[],
): Promise<void> {
  const folder = await realFolder(directory);
  for (const { field, path } of inputs) {
    const input = join(await realFolder(dirname(path)), basename(path));
    const file = await identity(path);
    const pattern = file === undefined && /[*?[{]/.test(path) ? globPattern(input) : undefined;
    for (const name of names) {
      const target = join(folder, name);
      const same =
        target === input || pattern?.test(target) || (file !== undefined && file === (await identity(target)));
      if (!same) continue;
      throw new OutputError({
        field: join(directory, name),
        expected: 'results apart from the files of the experiment',
        found: pattern ? `a file that ${field} would read (${path})` : `${field} itself`,
        remedy: 'Nothing was touched. Choose another directory for the results, with --output or outputs.directory.',
      });
    }
  }
}

/** A folder by its real path, as far as it exists. */
async function realFolder(path: string): Promise<string> {
  const folder = resolve(path);
  const real = await realpath(folder).catch(() => undefined);
  if (real !== undefined || folder === dirname(folder)) return real ?? folder;
  return join(await realFolder(dirname(folder)), basename(folder));
}

/** Which file it is, by whatever name. */
async function identity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev} ${found.ino}`;
}

/** What a glob of DuckDB matches: `*`, `?` and `[…]` within a name, `**` over folders, `{a,b}` for either. */
export function globPattern(glob: string): RegExp {
  const parts = glob.match(/\*\*\/?|\[!?[^\]]+\]|[\s\S]/g) ?? [];
  const pattern = parts.map((part) => {
    if (part.startsWith('**')) return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part === '{') return '(?:';
    if (part === '}') return ')';
    if (part === ',') return glob.includes('{') ? '|' : ',';
    if (part.length > 1) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[.+^$()|[\]\\{}]/, '\\$&');
  });
  return new RegExp(`^${pattern.join('')}$`, 's');
}
