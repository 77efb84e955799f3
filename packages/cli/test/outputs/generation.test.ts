import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { lstat, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OutputError } from '@ml4t/core';
import { requireWritable, writeTogether, type OutputFile, type OutputSet } from '../../src/outputs/generation.ts';
import { filesUnder, inFolder } from '../cli-fixtures.ts';

const text = (name: string, content: string): OutputFile => ({ name, write: (path) => writeFile(path, content) });
const failing: OutputFile = { name: 'broken', write: () => Promise.reject(new Error('disk full')) };

const records = ['summary'];
/** Files and the record that speaks for them. */
const set = (files: readonly OutputFile[], obsolete: readonly string[] = []): OutputSet => ({
  files,
  record: { name: 'summary', content: (written) => ({ ml4t: '1', files: written }) },
  records,
  obsolete,
});

/** Names, and what each is. */
async function everything(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${entry.isFile() ? await readFile(path, 'utf8') : entry.isDirectory() ? 'folder' : 'link'}`;
    }),
  );
}

describe('writeTogether', () => {
  it('replaces the files of an earlier run and removes what they make out of date', async () => {
    await inFolder(async (folder) => {
      const directory = join(folder, 'a', 'b');
      await writeTogether(directory, set([text('data', 'old'), text('data.partial', 'x')]));
      const paths = await writeTogether(directory, set([text('data', 'new')], ['data.partial', 'never there']));
      expect(paths).toEqual([join(directory, 'data'), join(directory, 'summary')]);
      expect(await filesUnder(folder)).toEqual(['a/b/data', 'a/b/summary']);
      expect(await readFile(join(directory, 'data'), 'utf8')).toBe('new');
      expect(JSON.parse(await readFile(join(directory, 'summary'), 'utf8'))).toEqual({
        ml4t: '1',
        files: [{ name: 'data', sha256: createHash('sha256').update('new').digest('hex') }],
      });
    });
  });

  it('leaves everything as it was when one file fails', async () => {
    await inFolder(async (folder) => {
      await writeTogether(folder, set([text('data', 'old')]));
      const failed = writeTogether(folder, set([text('data', 'new'), failing]));
      await expect(failed).rejects.toBeInstanceOf(OutputError);
      await expect(failed).rejects.toMatchObject({ found: 'disk full' });
      expect(await filesUnder(folder)).toEqual(['data', 'summary']);
      expect(await readFile(join(folder, 'data'), 'utf8')).toBe('old');
    });
  });

  it('leaves no folder behind where there was none', async () => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, 'kept'));
      await expect(writeTogether(join(folder, 'kept', 'x', 'y'), set([failing]))).rejects.toBeInstanceOf(OutputError);
      await expect(readFile(join(folder, 'kept', 'x'))).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(readFile(join(folder, 'kept'))).rejects.toMatchObject({ code: 'EISDIR' });
    });
  });

  it.each([
    ['a file', (path: string) => writeFile(path, 'mine')],
    ['an empty file', (path: string) => writeFile(path, '')],
    ['a folder', (path: string) => mkdir(path)],
    ['a link to what it wrote itself', (path: string) => symlink(join(path, '..', 'other'), path)],
    ['a link that leads nowhere', (path: string) => symlink('nowhere', path)],
  ])('replaces and removes nothing that it did not write: %s', async (_what, make) => {
    await inFolder(async (folder) => {
      await writeTogether(folder, set([text('other', 'new'), text('out-of-date', 'x')]));
      for (const name of ['data', 'out-of-date']) {
        await rm(join(folder, name), { force: true });
        await make(join(folder, name));
      }
      const before = await everything(folder);
      const refused = writeTogether(folder, set([text('data', 'new')]));
      await expect(refused).rejects.toMatchObject({ code: 'output', field: join(folder, 'data') });
      expect(await everything(folder)).toEqual(before);
      await writeTogether(folder, set([text('other', 'newer')], ['out-of-date']));
      expect(await lstat(join(folder, 'out-of-date'))).toBeDefined();
    });
  });

  it('knows what it wrote from what was changed since, and a record from a file of that name', async () => {
    await inFolder(async (folder) => {
      await writeTogether(folder, set([text('data', 'old')]));
      await writeFile(join(folder, 'data'), 'old, with notes');
      await expect(writeTogether(folder, set([text('data', 'new')]))).rejects.toMatchObject({
        found: 'a file that was changed since',
      });
      await writeFile(join(folder, 'data'), 'old');
      for (const content of ['{"mine":1}', 'notes', '{"ml4t":"1","files":["data"]}', '[]', 'null']) {
        await writeFile(join(folder, 'summary'), content);
        await expect(writeTogether(folder, set([text('data', 'new')]))).rejects.toMatchObject({ code: 'output' });
        await expect(writeTogether(folder, set([text('fresh', 'new')]))).rejects.toMatchObject({
          field: join(folder, 'summary'),
        });
      }
      expect(await filesUnder(folder)).toEqual(['data', 'summary']);
    });
  });

  it('goes on where a writer was killed between any two files, and clears up after it', async () => {
    for (const moved of [0, 1, 2])
      await inFolder(async (folder) => {
        await writeTogether(folder, set([text('a', 'old'), text('b', 'old'), text('c', 'old')]));
        // As it is with `moved` files in their places: the record is still on its way.
        const staging = join(folder, '.ml4t-write-killed');
        await mkdir(staging);
        await writeTogether(staging, set([text('a', 'new'), text('b', 'new')]));
        for (const name of ['a', 'b'].slice(0, moved)) await rename(join(staging, name), join(folder, name));
        await writeTogether(folder, set([text('a', 'newest'), text('b', 'newest')], ['c']));
        expect(await filesUnder(folder)).toEqual(['a', 'b', 'summary']);
      });
  });
});

describe('requireWritable', () => {
  it('accepts a folder that could be made, without making it', async () => {
    await inFolder(async (folder) => {
      await requireWritable(join(folder, 'new', 'deep'));
      await expect(readFile(join(folder, 'new'))).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });

  it('refuses a path through a file', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      await expect(requireWritable(join(folder, 'file', 'results'))).rejects.toMatchObject({ code: 'output' });
      await expect(requireWritable(join(folder, 'file'))).rejects.toMatchObject({ code: 'output' });
    });
  });
});
