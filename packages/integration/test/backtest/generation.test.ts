import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { tableFromArrays, tableFromIPC, type Table } from 'apache-arrow';
import { readBacktestFrames, writeBacktestFrames, type WriteBacktestOptions } from '../../src/index.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const root = temporaryFolder();
const table = (x: number): Table => tableFromArrays({ x: Float64Array.of(x, x + 1) });
const write = (folder: string, x: number, options: WriteBacktestOptions = {}) =>
  writeBacktestFrames(folder, { predictions: table(x), weights: table(x + 10) }, { format: 'arrow', ...options });

interface Outcome {
  readonly steps: readonly string[];
  readonly error?: { readonly name: string; readonly message: string };
}

/** Writes in a process of its own, as `writer.mjs` says; nothing comes back from one that killed itself. */
function writeElsewhere(prefix: string, x: number, fault: string, count: number): readonly Outcome[] {
  const args = [join(__dirname, 'writer.mjs'), prefix, String(x), fault, String(count)];
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ signal, stderr }).toEqual({ signal: fault === 'kill' || fault === 'torn' ? 'SIGKILL' : null, stderr: '' });
  return stdout === '' ? [] : (JSON.parse(stdout) as Outcome[]);
}

/** What a reader finds: the generation and the first value of each file, after every hash was checked. */
async function content(folder: string): Promise<typeof old> {
  const { generation, files } = await readBacktestFrames(folder);
  const first = (name: string): number => tableFromIPC(readFileSync(files[name].path)).getChild('x')?.get(0) as number;
  return { generation, predictions: first('predictions'), weights: first('weights') };
}

const old = { generation: 2, predictions: 2, weights: 12 };
const next = { generation: 3, predictions: 3, weights: 13 };

describe('a generation of files', () => {
  const start = join(root, 'start');
  let steps: readonly string[] = [];
  const fresh = (name: string): string => {
    const folder = join(root, name);
    cpSync(start, folder, { recursive: true });
    return folder;
  };
  /** A folder for each step, `<name>1` first. */
  const freshForEachStep = (name: string): string => {
    steps.forEach((_, k) => fresh(`${name}${k + 1}`));
    return join(root, name);
  };

  beforeAll(async () => {
    await write(start, 1);
    await write(start, 2);
    fresh('dry1');
    steps = writeElsewhere(join(root, 'dry'), 3, 'none', 1)[0].steps;
  });

  it('is replaced as one, and the one before is kept until the next', async () => {
    const folder = fresh('plain');
    expect(await content(folder)).toEqual(old);
    await write(folder, 3);
    expect(await content(folder)).toEqual(next);
    expect(readdirSync(folder).sort()).toEqual(['generation-000002', 'generation-000003', 'manifest.json']);
  });

  it('is the old one whole or the new one whole when the writer is killed at any step', async () => {
    expect(steps.length).toBeGreaterThan(25);
    const prefix = freshForEachStep('kill-');
    writeElsewhere(prefix, 3, 'kill', steps.length);
    const seen: number[] = [];
    for (let k = 1; k <= steps.length; k++) {
      const folder = `${prefix}${k}`;
      const found = await content(folder);
      seen.push(found.generation);
      expect(found).toEqual(found.generation === 2 ? old : next);
      // The next writer clears away what the killed one left, its lock included.
      await write(folder, 7);
      expect(await content(folder)).toEqual({ generation: found.generation + 1, predictions: 7, weights: 17 });
      expect(readdirSync(folder)).toHaveLength(3);
    }
    // One step makes the change: the rename of the manifest.
    const changed = seen.indexOf(3);
    expect(steps[changed - 1]).toBe('rename');
    expect(seen).toEqual(seen.map((_, k) => (k < changed ? 2 : 3)));
  });

  it('is the old one when the writer is killed in the middle of a file', async () => {
    const prefix = freshForEachStep('torn-');
    writeElsewhere(prefix, 3, 'torn', steps.length);
    const written = steps.flatMap((name, k) => (name === 'writeFile' ? [k + 1] : []));
    // The owner of the lock, two tables and the manifest.
    expect(written).toHaveLength(4);
    for (const k of written) expect(await content(`${prefix}${k}`)).toEqual(old);
  });

  it('is left as it was, without debris, when a step fails', async () => {
    // That of the manifest; the first is that of the lock.
    const rename = steps.lastIndexOf('rename');
    expect(steps.slice(-2)).toEqual(['unlink', 'rmdir']);
    const prefix = freshForEachStep('throw-');
    const outcomes = writeElsewhere(prefix, 3, 'throw', steps.length);
    for (const [k, { error }] of outcomes.entries()) {
      const folder = `${prefix}${k + 1}`;
      const found = await content(folder);
      const debris = readdirSync(folder).filter((name) => !/^(generation-00000[123]|manifest\.json)$/.test(name));
      // A lock that cannot be removed is taken over by the next writer.
      expect(debris).toEqual(k >= steps.length - 2 ? ['.writer.lock'] : []);
      if (k <= rename && error) {
        expect(error.name).toBe('OutputError');
        expect(found).toEqual(old);
        expect(existsSync(join(folder, 'generation-000003'))).toBe(false);
      } else {
        expect(error).toBeUndefined();
        expect(found).toEqual(next);
      }
    }
    // Looking again whether the lock is there, sweeping up what others left beside it, and flushing a folder, which not every system
    // can do, are all that may fail without a word before the change is made.
    const silent = outcomes.flatMap(({ error }, k) => (error === undefined && k <= rename ? [steps[k]] : []));
    expect(silent).toEqual(['stat', 'readdir', 'open', 'handle.sync', 'handle.close']);
  });

  it('takes back the folders that it made when nothing was written', async () => {
    const parent = join(root, 'new');
    await expect(writeBacktestFrames(join(parent, 'run'), { 'not/a/name': table(1) })).rejects.toMatchObject({
      name: 'OutputError',
    });
    const outcomes = writeElsewhere(join(parent, 'run'), 1, 'throw', 8);
    expect(outcomes.map(({ error }) => error?.name)).toEqual(Array.from({ length: 8 }, () => 'OutputError'));
    expect(existsSync(parent)).toBe(false);
  });

  it('has one writer at a time', async () => {
    const folder = fresh('busy');
    const both = await Promise.allSettled([write(folder, 3), write(folder, 4)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: {
        name: 'OutputError',
        field: join(folder, '.writer.lock'),
        found: expect.stringContaining(`process ${process.pid} of ${hostname()} (writing a generation, since `),
      },
    });
    const [first] = await Promise.all([write(folder, 4, { wait: true }), write(folder, 4, { wait: true })]);
    expect([4, 5]).toContain(first.generation);
    expect(await content(folder)).toMatchObject({ generation: 5 });
    expect(readdirSync(folder).sort()).toEqual(['generation-000004', 'generation-000005', 'manifest.json']);
  });

  it('is whole whichever of several writers wrote it, some of which are killed', async () => {
    const folder = fresh('contended');
    const script = join(__dirname, 'contended-writers.mjs');
    const { stdout, stderr } = spawnSync(process.execPath, [script, '12', '3', folder], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { generations, torn, failures } = JSON.parse(stdout);
    expect({ torn, failures }).toEqual({ torn: [], failures: [] });
    expect(generations).toBeGreaterThanOrEqual(12);
  });

  it('is not written over something else', async () => {
    const folder = join(root, 'foreign');
    mkdirSync(folder);
    writeFileSync(join(folder, 'manifest.json'), '{"format": "npm"}');
    await expect(write(folder, 1)).rejects.toMatchObject({ name: 'OutputError', found: 'a file of another kind' });
    expect(readdirSync(folder)).toEqual(['manifest.json']);
    writeFileSync(join(root, 'file'), '');
    await expect(write(join(root, 'file'), 1)).rejects.toMatchObject({ name: 'OutputError' });
  });
});

describe('readBacktestFrames', () => {
  it('refuses files that are not what the manifest says', async () => {
    const folder = join(root, 'damaged');
    await write(folder, 1);
    const { files } = await readBacktestFrames(folder);
    const { path } = files.weights;
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(1));
    await expect(readBacktestFrames(folder)).rejects.toMatchObject({
      name: 'ArtifactError',
      field: path,
      found: `${bytes.length - 1} bytes`,
    });
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
    await expect(readBacktestFrames(folder)).rejects.toMatchObject({ found: expect.stringMatching(/^SHA-256 /) });
    rmSync(path);
    await expect(readBacktestFrames(folder)).rejects.toMatchObject({ found: 'no such file' });
  });

  it('says what a folder without a manifest, or with another one, is', async () => {
    await expect(readBacktestFrames(join(root, 'nowhere'))).rejects.toMatchObject({ name: 'ArtifactError' });
    const folder = join(root, 'later');
    await write(folder, 1);
    const path = join(folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...manifest, format_version: 2 }));
    await expect(readBacktestFrames(folder)).rejects.toMatchObject({ found: '2' });
    writeFileSync(path, '{');
    await expect(readBacktestFrames(folder)).rejects.toMatchObject({ found: '"{"' });
  });
});
