import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderStore, artifactBytes, loadArtifact, parseArtifact, saveArtifact } from '../../src/persist/index.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ml4t-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function keysOf(store: FolderStore, prefix?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys.sort();
}

describe('FolderStore', () => {
  it('keeps what it is given, and makes its folder when there is something to keep', async () => {
    const store = new FolderStore(join(folder, 'a', 'b'));
    expect([await keysOf(store), await store.has('fold/x'), await readdir(folder)]).toEqual([[], false, []]);
    await store.put('fold/x', Uint8Array.of(1, 2));
    await store.put('fold/x', Uint8Array.of(3));
    await store.put('member/y', new Uint8Array(0));
    await store.put('plan', Uint8Array.of(4));
    expect([...(await store.get('fold/x'))]).toEqual([3]);
    expect([await store.has('fold/x'), await store.has('fold')]).toEqual([true, false]);
    expect(await keysOf(store)).toEqual(['fold/x', 'member/y', 'plan']);
    expect(await keysOf(store, 'fold/')).toEqual(['fold/x']);
    await store.remove(['fold/x', 'fold/never']);
    expect(await keysOf(store)).toEqual(['member/y', 'plan']);
    await store.clear();
    expect(await readdir(join(folder, 'a'))).toEqual([]);
  });

  it('names what is not there, does not list what is being written, and takes no key that leads out of it', async () => {
    const store = new FolderStore(folder);
    await expect(store.get('fold/x')).rejects.toMatchObject({ code: 'artifact', found: 'no such file' });
    await writeFile(join(folder, '.x.1.tmp'), '');
    expect(await keysOf(store)).toEqual([]);
    for (const key of ['', '..', '../x', 'a/../b', '/a', 'a/', 'a//b', '.a', 'a\\b', 'a b'])
      await expect(store.put(key, new Uint8Array(0))).rejects.toMatchObject({ code: 'artifact', field: 'key' });
  });
});

describe('artifacts as bytes', () => {
  const content = {
    modelType: 'test',
    formatVersion: 1,
    packageVersion: '1',
    config: { a: 1 },
    state: null,
    arrays: { x: { shape: [2], data: Float64Array.of(1, Number.NaN) } },
  };

  it('are those of the file, and verified as it is', async () => {
    const path = join(folder, 'model');
    await saveArtifact(path, content);
    const bytes = artifactBytes(content);
    const there = await loadArtifact(path);
    expect(parseArtifact(bytes, path)).toEqual(there);
    expect(there.arrays.x.data).toEqual(content.arrays.x.data);
    await truncate(path, bytes.length - 1);
    const message = await loadArtifact(path).catch((error: Error) => error.message);
    expect(() => parseArtifact(bytes.subarray(0, -1), path)).toThrow(message as string);
    expect(() => parseArtifact(bytes, path, { modelType: 'another' })).toThrow('modelType');
  });
});
