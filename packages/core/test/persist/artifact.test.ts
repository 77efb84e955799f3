import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ArtifactError, DataError, OutputError, ShapeError } from '../../src/errors.ts';
import {
  artifactArray,
  loadArtifact,
  replaceFile,
  saveArtifact,
  type ArtifactContent,
} from '../../src/persist/index.ts';
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
): Promise<void> {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, unknown>;
  const metadata = header.__metadata__ as Record<string, string>;
  const manifest = JSON.parse(metadata.manifest) as Record<string, unknown>;
  change(header, manifest);
  metadata.manifest = JSON.stringify(manifest);
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
    const gamma: Float64Array = artifactArray(loaded, 'gamma', 'F64', [2, 3]);
    expect(gamma.length).toBe(6);
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
}, 120_000);

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
