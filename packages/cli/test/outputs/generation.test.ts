import { describe, expect, it } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OutputError } from '@ml4t/core';
import { requireWritable, writeTogether, type OutputFile } from '../../src/outputs/generation.ts';
import { filesUnder, inFolder } from '../cli-fixtures.ts';

const text = (name: string, content: string): OutputFile => ({ name, write: (path) => writeFile(path, content) });
const failing: OutputFile = { name: 'broken', write: () => Promise.reject(new Error('disk full')) };

describe('writeTogether', () => {
  it('replaces the files of an earlier run and removes what they make out of date', async () => {
    await inFolder(async (folder) => {
      const directory = join(folder, 'a', 'b');
      await writeTogether(directory, [text('data', 'old'), text('summary', 'old'), text('data.partial', 'x')]);
      const paths = await writeTogether(directory, [text('data', 'new'), text('summary', 'new')], ['data.partial']);
      expect(paths).toEqual([join(directory, 'data'), join(directory, 'summary')]);
      expect(await filesUnder(folder)).toEqual(['a/b/data', 'a/b/summary']);
      expect(await readFile(join(directory, 'data'), 'utf8')).toBe('new');
    });
  });

  it('leaves everything as it was when one file fails', async () => {
    await inFolder(async (folder) => {
      await writeTogether(folder, [text('data', 'old')]);
      const failed = writeTogether(folder, [text('data', 'new'), failing]);
      await expect(failed).rejects.toBeInstanceOf(OutputError);
      await expect(failed).rejects.toMatchObject({ found: 'disk full' });
      expect(await filesUnder(folder)).toEqual(['data']);
      expect(await readFile(join(folder, 'data'), 'utf8')).toBe('old');
    });
  });

  it('leaves no folder behind where there was none', async () => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, 'kept'));
      await expect(writeTogether(join(folder, 'kept', 'x', 'y'), [failing])).rejects.toBeInstanceOf(OutputError);
      await expect(readFile(join(folder, 'kept', 'x'))).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(readFile(join(folder, 'kept'))).rejects.toMatchObject({ code: 'EISDIR' });
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
