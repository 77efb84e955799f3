import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { ArtifactError, DataError, OutputError, ShapeError } from '../../src/errors.ts';
import {
  artifactArray,
  loadArtifact,
  readSummary,
  replaceFile,
  saveArtifact,
  type ArtifactContent,
} from '../../src/persist/index.ts';
import type { FitSummary } from '../../src/results/fit-summary.ts';
import { Random } from '../../src/random/random.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ml4t-artifact-'));
});
afterAll(() => rm(folder, { recursive: true }));
let run = 0;
beforeEach(() => {
  path = join(folder, `model-${run++}.ml4t`);
});

/** A NaN whose payload is not the default one: its bits must survive too. */
const oddNaN = new Float64Array(new BigUint64Array([0x7ff800000000beefn]).buffer)[0];
const content: ArtifactContent = {
  modelType: 'ipca',
  formatVersion: 1,
  packageVersion: '0.1.0',
  config: { nFactors: 3, nested: { list: [1, 2.5, -0, 1e-300, 'é\ud83d\ude00\u2028'] } },
  state: { names: ['size', 'value'], last: null },
  record: { stopReason: 'converged' },
  arrays: {
    flags: { shape: [3], data: Uint8Array.of(0, 1, 255) },
    gamma: { shape: [2, 3], data: Float64Array.of(Number.NaN, -0, Infinity, -Infinity, 5e-324, 0.1 + 0.2) },
    odd: { shape: [1], data: Float64Array.of(oddNaN) },
    weights: { shape: [2, 1], data: Float32Array.of(1.5, -2.25) },
    index: { shape: [5], data: Int32Array.of(-1, 2, 3, 2147483647, -2147483648) },
    small: { shape: [3], data: Int16Array.of(-3, 0, 7) },
    empty: { shape: [0, 4], data: new Float64Array(0) },
    scalar: { shape: [], data: Float64Array.of(7) },
  },
};

function bits(data: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
}

/** The message of the ArtifactError that loading throws. */
async function refusal(options = { modelType: 'ipca' } as Parameters<typeof loadArtifact>[1]): Promise<string> {
  const error: unknown = await loadArtifact(path, options).then(
    () => 'loaded',
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ArtifactError);
  return (error as Error).message;
}

/** Rewrites the saved file with another header, digest included: what a careful forger would do. */
async function forge(
  change: (header: Record<string, unknown>, manifest: Record<string, unknown>) => void,
  rewrite = (manifest: string): string => manifest,
): Promise<void> {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, unknown>;
  const metadata = header.__metadata__ as Record<string, string>;
  const manifest = JSON.parse(metadata.manifest) as Record<string, unknown>;
  change(header, manifest);
  metadata.manifest = rewrite(JSON.stringify(manifest));
  metadata.manifestSha256 = createHash('sha256').update(metadata.manifest).digest('hex');
  let json = JSON.stringify(header);
  json = json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8 - (Buffer.byteLength(json) - json.length));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(json)));
  await writeFile(path, Buffer.concat([size, Buffer.from(json), bytes.subarray(8 + length)]));
}

describe('an artifact', () => {
  it('comes back bit for bit', async () => {
    await saveArtifact(path, content);
    const loaded = await loadArtifact(path, { modelType: 'ipca', arrays: Object.keys(content.arrays) });
    expect(loaded).toMatchObject({ modelType: 'ipca', formatVersion: 1, packageVersion: '0.1.0' });
    expect(loaded.config).toEqual(content.config);
    expect(loaded.state).toEqual(content.state);
    expect(loaded.record).toEqual(content.record);
    expect(Object.keys(loaded.arrays).sort()).toEqual(Object.keys(content.arrays).sort());
    for (const [name, { shape, data }] of Object.entries(content.arrays)) {
      expect(loaded.arrays[name].shape).toEqual(shape);
      expect(loaded.arrays[name].data.constructor).toBe(data.constructor);
      expect(bits(loaded.arrays[name].data)).toBe(bits(data));
    }
  });

  it('is the same file for the same content, whatever the order of the arrays', async () => {
    await saveArtifact(path, content);
    const first = await readFile(path);
    await saveArtifact(path, { ...content, arrays: Object.fromEntries(Object.entries(content.arrays).reverse()) });
    expect((await readFile(path)).equals(first)).toBe(true);
  });

  it('follows the safetensors layout: aligned, in order, without gaps', async () => {
    await saveArtifact(path, content);
    const bytes = await readFile(path);
    const length = Number(bytes.readBigUInt64LE(0));
    const { __metadata__, ...tensors } = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: [number, number] }
    >;
    expect(length % 8).toBe(0);
    expect(Object.values(__metadata__).every((value) => typeof value === 'string')).toBe(true);
    let end = 0;
    for (const [name, tensor] of Object.entries(tensors)) {
      const { data } = content.arrays[name];
      expect(tensor.data_offsets[0]).toBe(end);
      end = tensor.data_offsets[1];
      expect(end - tensor.data_offsets[0]).toBe(data.byteLength);
      expect(tensor.data_offsets[0] % data.BYTES_PER_ELEMENT).toBe(0);
      expect(bytes.subarray(8 + length + tensor.data_offsets[0], 8 + length + end).toString('hex')).toBe(bits(data));
    }
    expect(bytes.length).toBe(8 + length + end);
    expect(tensors.gamma.dtype).toBe('F64');
  });

  it('stores a part of a larger array', async () => {
    const whole = Float64Array.of(1, 2, 3, 4);
    await saveArtifact(path, { ...content, arrays: { part: { shape: [2], data: whole.subarray(1, 3) } } });
    const loaded = await loadArtifact(path, { modelType: 'ipca' });
    expect([...loaded.arrays.part.data]).toEqual([2, 3]);
  });

  it('hands out arrays with the type and shape that the model expects', async () => {
    await saveArtifact(path, content);
    const loaded = await loadArtifact(path, { modelType: 'ipca' });
    expect(() => artifactArray(loaded, 'gamma', 'F64', [2, 3])).toThrow(/gamma\[\d\]: expected a finite number/);
    expect(() => artifactArray(loaded, 'gamma', 'F64', [2, 3], { allowNaN: true })).toThrow(
      /gamma\[2\]: .*found Infinity/,
    );
    const scalar: Float64Array = artifactArray(loaded, 'scalar', 'F64', []);
    expect([...scalar]).toEqual([7]);
    expect(artifactArray(loaded, 'odd', 'F64', [1], { allowNaN: true })[0]).toBeNaN();
    expect(() => artifactArray(loaded, 'gamma', 'F64', [3, 2])).toThrow(ArtifactError);
    expect(() => artifactArray(loaded, 'gamma', 'F32', [2, 3])).toThrow(ArtifactError);
    expect(() => artifactArray(loaded, 'toString', 'F64', [1])).toThrow(/no such array/);
  });
});

describe('saving refuses', () => {
  const withState = (state: unknown): ArtifactContent => ({ ...content, state });

  it.each([
    ['NaN', { a: [1, { b: Number.NaN }] }, /state\.a\[1\]\.b: .* found NaN/],
    ['infinity', { a: -Infinity }, /state\.a: .*-Infinity/],
    ['a typed array', { a: Float64Array.of(1) }, /state\.a: .*Float64Array/],
    ['a date', { a: new Date(0) }, /state\.a: /],
    ['a function', { a: () => 1 }, /state\.a: /],
    ['undefined in a list', { a: [undefined] }, /state\.a\[0\]: .*undefined/],
    ['a bigint', { a: 1n }, /state\.a: /],
  ])('%s in the state', async (_, state, message) => {
    await expect(saveArtifact(path, withState(state))).rejects.toThrow(message);
    await expect(saveArtifact(path, withState(state))).rejects.toThrow(DataError);
    await expect(loadArtifact(path, { modelType: 'ipca' })).rejects.toThrow(/no such file/);
  });

  it('a cycle', async () => {
    const state: Record<string, unknown> = {};
    state.self = state;
    await expect(saveArtifact(path, withState(state))).rejects.toThrow(/64 levels/);
  });

  it('names, shapes, types and versions that cannot be loaded again', async () => {
    const withArrays = (arrays: ArtifactContent['arrays']): Promise<void> => saveArtifact(path, { ...content, arrays });
    const data = Float64Array.of(1, 2);
    await expect(withArrays({ __metadata__: { shape: [2], data } })).rejects.toThrow(DataError);
    await expect(withArrays({ ['__proto__']: { shape: [2], data } })).rejects.toThrow(DataError);
    await expect(withArrays({ a: { shape: [3], data } })).rejects.toThrow(ShapeError);
    await expect(withArrays({ a: { shape: [-1, -2], data } })).rejects.toThrow(ShapeError);
    await expect(withArrays({ a: { shape: [1], data: [1] as unknown as Float64Array } })).rejects.toThrow(DataError);
    await expect(saveArtifact(path, { ...content, formatVersion: 0 })).rejects.toThrow(/formatVersion/);
    await expect(saveArtifact(path, { ...content, modelType: '' })).rejects.toThrow(/modelType/);
  });
});

describe('loading refuses, each with its own error,', () => {
  beforeEach(() => saveArtifact(path, content));

  it('a missing file, a folder, and files of another kind', async () => {
    await rm(path);
    expect(await refusal()).toMatch(/no such file/);
    await mkdir(path);
    expect(await refusal()).toMatch(/a folder/);
    path += '.csv';
    await writeFile(path, 'date,asset,size\n2020-01-31,a,1.0\n');
    expect(await refusal()).toMatch(/another kind/);
    await writeFile(path, '');
    expect(await refusal()).toMatch(/cut short/);
  });

  it('a safetensors file that is no model', async () => {
    const json = '{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}  ';
    await writeFile(path, Buffer.concat([Buffer.from(BigUint64Array.of(56n).buffer), Buffer.from(json)]));
    expect(await refusal()).toMatch(/not a saved model/);
  });

  it('a truncated file', async () => {
    const bytes = await readFile(path);
    for (const length of [4, 100, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length));
      expect(await refusal()).toMatch(/cut short/);
    }
  });

  it('a file with something added', async () => {
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.from([0])]));
    expect(await refusal()).toMatch(/something was added/);
  });

  it('a changed array, by name', async () => {
    const bytes = await readFile(path);
    const [start] = (
      JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as {
        weights: { data_offsets: number[] };
      }
    ).weights.data_offsets;
    bytes[8 + Number(bytes.readBigUInt64LE(0)) + start] ^= 1;
    await writeFile(path, bytes);
    expect(await refusal()).toMatch(/arrays\.weights: .*array was changed/);
  });

  it('a changed manifest', async () => {
    const bytes = await readFile(path);
    const at = bytes.indexOf('nFactors\\":3');
    expect(at).toBeGreaterThan(0);
    bytes[at + 'nFactors\\":'.length] = '4'.charCodeAt(0);
    await writeFile(path, bytes);
    expect(await refusal()).toMatch(/manifest was changed/);
  });

  it('another model', async () => {
    expect(await refusal({ modelType: 'pca' })).toMatch(/modelType: expected "pca", found "ipca"/);
  });

  it('a later format, and a later container', async () => {
    await saveArtifact(path, { ...content, formatVersion: 3, packageVersion: '9.1.0' });
    expect(await refusal({ modelType: 'ipca', formatVersion: 2 })).toMatch(/at most 2, found 3 .*9\.1\.0/);
    expect((await loadArtifact(path, { modelType: 'ipca', formatVersion: 3 })).formatVersion).toBe(3);
    await forge((header) => ((header.__metadata__ as Record<string, string>).ml4tArtifact = '2'));
    expect(await refusal({ modelType: 'ipca', formatVersion: 3 })).toMatch(/container version 1, found "2"/);
  });

  it('missing and extra arrays, in the file and against what the model asks for', async () => {
    const names = Object.keys(content.arrays);
    expect(await refusal({ modelType: 'ipca', arrays: [...names, 'alpha'] })).toMatch(/arrays\.alpha: .*no such array/);
    expect(await refusal({ modelType: 'ipca', arrays: names.filter((name) => name !== 'odd') })).toMatch(
      /arrays\.odd: .*an extra array/,
    );
    await forge((_, manifest) => (manifest.arrays as unknown[]).pop());
    expect(await refusal()).toMatch(/an extra array/);
    await saveArtifact(path, content);
    await forge((header) => delete header.gamma);
    expect(await refusal()).toMatch(/arrays\.gamma: .*no such array/);
  });

  it('shapes and offsets that do not follow from the manifest', async () => {
    await forge((header) => ((header.gamma as { shape: number[] }).shape = [3, 2]));
    expect(await refusal()).toMatch(/shapes or offsets were changed/);
    await saveArtifact(path, content);
    await forge((_, manifest) => {
      const [first] = manifest.arrays as { shape: unknown }[];
      first.shape = [1e300];
    });
    expect(await refusal()).toMatch(/shape and sha256 of every array/);
  });
});

it('keeps what it read from being changed', async () => {
  await saveArtifact(path, content);
  const { config, state, record } = await loadArtifact(path, { modelType: 'ipca' });
  expect(() => ((config as { nested: { list: number[] } }).nested.list[0] = 2)).toThrow(TypeError);
  expect(() => (state as { names: string[] }).names.push('other')).toThrow(TypeError);
  expect(() => ((record as { stopReason: string }).stopReason = 'other')).toThrow(TypeError);
});

describe('the record of a fit', () => {
  const summary: FitSummary = {
    converged: true,
    stopReason: 'converged',
    iterations: 3,
    trainMetrics: { totalR2: 0.4 },
    history: [{ phase: 'training', unit: 'iteration', step: 1, metrics: { change: 0.1 } }],
    notes: [],
    runRecord: {
      modelType: 'ipca',
      packageVersion: '0.1.0',
      config: {},
      engine: 'wasm-simd',
      dimensions: { dates: 10 },
      stopReason: 'converged',
      seconds: 1,
    },
  };
  const reading = (record: unknown): FitSummary => readSummary({ path: 'model', record });

  it('is a summary, with more where a model knows more', () => {
    expect(reading(summary)).toBe(summary);
    const more = { ...summary, checkpoints: ['last'], validationMetrics: { totalR2: 0.3 }, defaultCheckpoint: 'last' };
    expect(readSummary({ path: 'model', record: more }, { checkpoints: z.array(z.string()) })).toBe(more);
    expect(() => readSummary({ path: 'model', record: summary }, { checkpoints: z.array(z.string()) })).toThrow(
      /model: record\.checkpoints/,
    );
  });

  it('has the history of the first format in the words of today, frozen', () => {
    const first = [
      { iteration: 1, totalR2: 0.1 },
      { member: 1, epoch: 2, loss: 0.5 },
      { member: 0, phase: 3, epoch: 4, loss: 0.25 },
      { member: 0, step: 5, trainObjective: 1 },
    ];
    const { history } = reading({ ...summary, history: first });
    expect(history).toEqual([
      { phase: 'training', unit: 'iteration', step: 1, metrics: { totalR2: 0.1 } },
      { member: 1, phase: 'training', unit: 'epoch', step: 2, metrics: { loss: 0.5 } },
      { member: 0, phase: 'conditional', unit: 'epoch', step: 4, metrics: { loss: 0.25 } },
      { member: 0, phase: 'training', unit: 'step', step: 5, metrics: { trainObjective: 1 } },
    ]);
    expect(Object.isFrozen(history[1].metrics)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['', null],
    ['', 'record'],
    ['', []],
    ...Object.keys(summary).map((key): [string, unknown] => [key, { ...summary, [key]: undefined }]),
    ...Object.keys(summary).map((key): [string, unknown] => [key, { ...summary, [key]: Symbol.iterator }]),
    ['stopReason', { ...summary, stopReason: 'forged' }],
    ['trainMetrics.totalR2', { ...summary, trainMetrics: { totalR2: '0.4' } }],
    ['history.0', { ...summary, history: [5] }],
    ['runRecord.dimensions', { ...summary, runRecord: { ...summary.runRecord, dimensions: 5 } }],
  ])('of another shape is refused at %s', (key, record) => {
    expect(() => reading(record)).toThrow(ArtifactError);
    expect(() => reading(record)).toThrow(`model: record${key === '' ? '' : `.${key}`}`);
  });
});

it('refuses a manifest with a key twice, of which JSON would take the last', async () => {
  for (const at of ['"modelType"', '"config":{"nFactors"', '"nested":{"list"', '"state":{"names"']) {
    await saveArtifact(path, content);
    await forge(
      () => undefined,
      (manifest) => {
        const key = /"\w+"$/.exec(at)?.[0] ?? '';
        return manifest.replace(at, `${at}:"other",${key}`);
      },
    );
    expect(await refusal()).toMatch(/every key once/);
  }
});

it('saves and loads 130,000 arrays', async () => {
  const one = { shape: [1], data: Int8Array.of(1) };
  const arrays = Object.fromEntries(Array.from({ length: 130_000 }, (_, i) => [`a${i}`, one]));
  await saveArtifact(path, { ...content, arrays });
  expect(Object.keys((await loadArtifact(path)).arrays)).toHaveLength(130_000);
});

describe('what is no path of a file', () => {
  it.each([undefined, null, 5, '', 'a\0b', {}, [], new URL('file:///model.ml4t')])('is refused: %p', async (wrong) => {
    for (const attempt of [() => saveArtifact(wrong as string, content), () => loadArtifact(wrong as string)])
      await expect(attempt()).rejects.toMatchObject({ name: 'ConfigError', field: 'path' });
  });

  it('is a pipe, a folder or a device: neither read nor replaced', async () => {
    execFileSync('mkfifo', [path]);
    await expect(loadArtifact(path)).rejects.toMatchObject({ name: 'ArtifactError', found: 'a named pipe' });
    await expect(saveArtifact(path, content)).rejects.toMatchObject({ name: 'OutputError' });
    expect((await lstat(path)).isFIFO()).toBe(true);
    await expect(loadArtifact(folder)).rejects.toMatchObject({ name: 'ArtifactError', found: 'a folder' });
    await expect(loadArtifact('/dev/null')).rejects.toMatchObject({ name: 'ArtifactError', found: 'a device' });
  });
});

it('never loads a file with bytes flipped, cut out or cut off, at 700 seeded places', async () => {
  const damagedPath = path;
  await saveArtifact(damagedPath, content);
  const original = await readFile(damagedPath);
  const random = new Random(2024);
  for (let trial = 0; trial < 700; trial++) {
    // Every position of the header's length first, then anywhere.
    const at = trial < 64 ? Math.floor(trial / 8) : random.integer(original.length);
    let damaged = Buffer.from(original);
    if (trial < 64) damaged[at] ^= 1 << (trial % 8);
    else if (trial % 3 === 0) damaged[at] ^= 1 << random.integer(8);
    else if (trial % 3 === 1) damaged = damaged.subarray(0, at);
    else damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(at + 1 + random.integer(8))]);
    await writeFile(damagedPath, damaged);
    const outcome: unknown = await loadArtifact(damagedPath, { modelType: 'ipca' }).catch((error: unknown) => error);
    if (!(outcome instanceof ArtifactError)) throw new Error(`trial ${trial} at byte ${at}: ${String(outcome)}`);
  }
});

describe('replacing a file', () => {
  const chunk = Buffer.from('new content');

  it('keeps the old artifact whole while the new one is being written, and when writing fails', async () => {
    await saveArtifact(path, content);
    async function* interrupted(): AsyncGenerator<Uint8Array> {
      yield chunk;
      // A process killed at this moment leaves exactly what is seen here.
      await loadArtifact(path, { modelType: 'ipca' });
      expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toHaveLength(1);
      throw new Error('interrupted');
    }
    await expect(replaceFile(path, interrupted())).rejects.toThrow('interrupted');
    expect((await loadArtifact(path, { modelType: 'ipca' })).modelType).toBe('ipca');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toHaveLength(0);
  });

  it('hands its permissions on, whatever the process gives to new files', async () => {
    for (const mode of [0o600, 0o640, 0o666, 0o644, 0o444]) {
      await rm(path, { force: true });
      await writeFile(path, 'old');
      await chmod(path, mode);
      await replaceFile(path, [chunk]);
      expect((await stat(path)).mode & 0o7777).toBe(mode);
      expect(await readFile(path, 'utf8')).toBe('new content');
    }
    const before = process.umask(0o027);
    await rm(path, { force: true });
    await replaceFile(path, [chunk]);
    process.umask(before);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  it('keeps symbolic links, also in a row, relative, and to what is not there yet', async () => {
    await mkdir(`${path}-real`);
    const real = join(`${path}-real`, 'model');
    const relative = join(`${basename(path)}-real`, 'model');
    for (const [link, to] of [
      [`${path}-1`, real],
      [`${path}-2`, relative],
      [`${path}-3`, `${path}-2`],
    ] as const)
      // prettier-ignore
      await symlink(to, link);
    for (const [k, link] of [`${path}-1`, `${path}-2`, `${path}-3`].entries()) {
      if (k === 1) await rm(real);
      await replaceFile(link, [Buffer.from(link)]);
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
      expect(await readFile(real, 'utf8')).toBe(link);
      expect((await lstat(real)).isFile()).toBe(true);
    }
    await symlink(`${path}-4`, `${path}-5`);
    await symlink(`${path}-5`, `${path}-4`);
    await expect(replaceFile(`${path}-4`, [chunk])).rejects.toThrow(/links that lead nowhere/);
    await symlink(`${path}-real`, `${path}-6`);
    await expect(replaceFile(`${path}-6`, [chunk])).rejects.toThrow(/a folder of that name/);
  });

  it('removes what writes to the same file left more than a day ago, and nothing else', async () => {
    const name = basename(path);
    const id = '0b1c9f3e-1111-4222-8333-444455556666';
    const orphans = [`.${name}.${id}.tmp`, `..${name}.${id}.tmp.${id}.tmp`];
    const others = [
      `.${name}-other.${id}.tmp`,
      `.${name}.${id}`,
      `.${name}.notes.tmp`,
      `${name}.${id}.tmp`,
      `.${name}.${id}.tmp.txt`,
    ];
    const young = `.${name}.${id.replace('0', '1')}.tmp`;
    const days = (count: number): Date => new Date(Date.now() - count * 86_400_000);
    for (const file of [...orphans, ...others, young]) await writeFile(join(folder, file), '');
    for (const file of [...orphans, ...others]) await utimes(join(folder, file), days(1.1), days(1.1));
    await utimes(join(folder, young), days(0.9), days(0.9));
    await replaceFile(path, [chunk]);
    const left = (await readdir(folder)).filter((file) => file.includes(name));
    expect(left.sort()).toEqual([name, young, ...others].sort());
    for (const file of [young, ...others]) await rm(join(folder, file));
  });

  it('says plainly why it cannot, and leaves nothing behind', async () => {
    await expect(replaceFile(join(folder, 'absent', 'model'), [chunk])).rejects.toThrow(/folder that does not exist/);
    await writeFile(path, '');
    await expect(replaceFile(join(path, 'model'), [chunk])).rejects.toThrow(/file where a folder should be/);
    await mkdir(`${path}-folder`);
    await expect(replaceFile(`${path}-folder`, [chunk])).rejects.toThrow(/folder of that name/);
    await expect(replaceFile(`${path}-folder`, [chunk])).rejects.toThrow(OutputError);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toHaveLength(0);
  });
});
