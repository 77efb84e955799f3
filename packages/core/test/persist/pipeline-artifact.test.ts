import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ArtifactError, ConfigError, DataError, OutputError } from '../../src/errors.ts';
import {
  artifactArray,
  buildPart,
  findNamed,
  loadArtifact,
  loadPipeline,
  savePart,
  saveArtifact,
  savePipeline,
  type PipelineContent,
} from '../../src/persist/index.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ml4t-pipeline-'));
});
afterAll(() => rm(folder, { recursive: true }));
let run = 0;
beforeEach(() => {
  path = join(folder, `${run++}.pipeline`);
});

const weights = { shape: [3], data: Float64Array.of(Number.NaN, -0, 1 / 3) };
const content: PipelineContent = {
  pipelineType: 'chain',
  formatVersion: 2,
  packageVersion: '0.1.0',
  model: {
    modelType: 'line',
    save: (file) =>
      saveArtifact(file, {
        modelType: 'line',
        formatVersion: 3,
        packageVersion: '9.9.9',
        config: { slope: 2 },
        state: { names: ['size'] },
        record: { stopReason: 'converged' },
        arrays: { weights, 'deep/er': { shape: [], data: Float32Array.of(0.5) } },
      }),
  },
  parts: { scale: { type: 'unit', config: {} } },
  state: { dates: 4 },
  // The same name as an array of the model: each has its own place.
  arrays: { weights: { shape: [1], data: Float64Array.of(7) } },
};
const chain = { pipelineType: 'chain', formatVersion: 2 };

describe('a pipeline in one artifact', () => {
  it('comes apart into its own content and the artifact of its model, to the bit', async () => {
    await savePipeline(path, content);
    const pipeline = await loadPipeline(path, chain);
    expect(pipeline.config).toEqual({ scale: { type: 'unit', config: {} } });
    expect(pipeline.state).toEqual({ dates: 4 });
    expect(pipeline.arrays).toEqual(content.arrays);
    const alone = join(folder, 'alone');
    await content.model.save(alone);
    expect(pipeline.model).toEqual({ ...(await loadArtifact(alone)), path: `${path} (model)` });
    // The record of the fit is where tools look for it.
    expect((await loadArtifact(path)).record).toEqual({ stopReason: 'converged' });
  });

  it('replaces a file whole and leaves nothing beside it', async () => {
    await writeFile(path, 'before');
    const names = await readdir(folder);
    await savePipeline(path, content);
    expect(await readdir(folder)).toEqual(names);
    expect((await readFile(path)).length).toBeGreaterThan(100);
  });

  it('leaves the file as it was, and nothing beside it, when the model fails half-way', async () => {
    await writeFile(path, 'before');
    const names = await readdir(folder);
    const save = async (file: string): Promise<void> => {
      await writeFile(file, 'half');
      throw new Error('lost the connection');
    };
    await expect(savePipeline(path, { ...content, model: { modelType: 'line', save } })).rejects.toThrow(/^lost the/);
    const broken = { modelType: 'line', save: (file: string) => writeFile(file, 'something else') };
    await expect(savePipeline(path, { ...content, model: broken })).rejects.toThrow(DataError);
    await expect(savePipeline(path, { ...content, state: { date: new Date(0) } })).rejects.toThrow(DataError);
    expect(await readFile(path, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(names);
  });

  it('names its own path when the folder is not there', async () => {
    const missing = join(folder, 'missing', 'chain');
    const error: unknown = await savePipeline(missing, content).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OutputError);
    expect((error as OutputError).field).toBe(missing);
  });

  it('is refused as another pipeline, and in a later format', async () => {
    await savePipeline(path, content);
    await expect(loadPipeline(path, { ...chain, pipelineType: 'tree' })).rejects.toThrow(
      /expected "tree", found "chain"/,
    );
    await expect(loadPipeline(path, { ...chain, formatVersion: 1 })).rejects.toThrow(
      /formatVersion: expected at most 1/,
    );
    await content.model.save(path);
    await expect(loadPipeline(path, { pipelineType: 'line', formatVersion: 3 })).rejects.toThrow(ArtifactError);
  });
});

describe('an artifact that was read before', () => {
  it('is asked for model, format and names as a file is', async () => {
    await savePipeline(path, content);
    const { model } = await loadPipeline(path, chain);
    const arrays = ['weights', 'deep/er'];
    const read = await loadArtifact(model, { modelType: 'line', formatVersion: 3, arrays });
    expect(artifactArray(read, 'weights', 'F64', [3], { allowNaN: true })).toEqual(weights.data);
    for (const [options, message] of [
      [{ modelType: 'curve' }, /\(model\): modelType: expected "curve", found "line"/],
      [{ modelType: 'line' }, /\(model\): formatVersion: expected at most 1, found 3 \(written by version 9\.9\.9\)/],
      [{ arrays: ['weights'] }, /\(model\): arrays\.deep\/er: .*found an extra array/],
      [{ arrays: [...arrays, 'more'] }, /\(model\): arrays\.more: .*found no such array/],
    ] as const) {
      const error: unknown = await loadArtifact(model, options).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ArtifactError);
      expect((error as Error).message).toMatch(message);
    }
  });
});

describe('parts by name', () => {
  class Unit {
    static readonly partType = 'unit';
    readonly partType: string = 'unit';
    readonly config: unknown = { by: 1 };
    static create(): Unit {
      return new Unit();
    }
  }
  class Other extends Unit {}

  it('are saved by name and configuration, and built from them', () => {
    const saved = savePart('part', 'partType', new Unit(), [Unit]);
    expect(saved).toEqual({ type: 'unit', config: { by: 1 } });
    expect(buildPart('part', 'partType', saved, [Unit], 'parts')).toBeInstanceOf(Unit);
    // Of a name that nobody registered, any class.
    expect(savePart('part', 'partType', new Other(), []).type).toBe('unit');
  });

  it('are refused without a name, without a configuration, and under the name of another class', () => {
    const refusal = (part: object): string => {
      try {
        savePart('part', 'partType', part, [Unit]);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        return (error as Error).message;
      }
      return 'saved';
    };
    expect(refusal({ config: {} })).toMatch(/^part\.partType: expected a name to save it under, found undefined/);
    expect(refusal({ partType: '', config: {} })).toMatch(/^part\.partType/);
    expect(refusal({ partType: 'mine' })).toMatch(/^part\.config: expected what it can be built from again/);
    expect(refusal({ partType: 'mine', config: { f: () => 0 } })).toMatch(/^part\.config\.f: .*found a function/);
    expect(refusal(new Other())).toMatch(/expected another name than that of Unit, found "unit" in Other/);
    const Copy = { Unit: class Unit extends Other {} }.Unit;
    expect(refusal(new Copy())).toMatch(/found "unit" in Unit\. Install the package once/);
  });

  it('are found once: two of one name are a ConfigError, none an ArtifactError that says which are known', () => {
    const find = (known: readonly { readonly partType: string }[]): unknown =>
      findNamed('part', 'partType', 'unit', known, 'parts');
    expect(find([Unit, Unit])).toBe(Unit);
    expect(() => find([Unit, { partType: 'unit' }])).toThrow(ConfigError);
    expect(() => find([{ partType: 'a' }, { partType: 'b' }])).toThrow(ArtifactError);
    expect(() => find([{ partType: 'a' }, { partType: 'b' }])).toThrow(
      'part.type: expected one of "a", "b", found "unit". Pass its class: load(path, { parts: [ItsClass] }).',
    );
  });
});
