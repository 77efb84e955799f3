import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ArtifactError,
  DataError,
  NotFittedError,
  PortfolioWeightsResult,
  type PortfolioPostprocessor,
  type PortfolioPrediction,
  type PortfolioSequenceBatch,
} from '@ml4t/core';
import { loadArtifact, saveArtifact } from '@ml4t/core/persist';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  EqualWeightPortfolioModel,
  LSTMPortfolioModel,
  LinearFeaturePortfolioModel,
  PortfolioAllocationPipeline,
  WeightConstraintPostprocessor,
} from '../src/index.ts';
import { edited, smallBatch } from './training/small-batch.ts';

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

const [train, later] = [smallBatch(1), smallBatch(2)];
const linear = (): LinearFeaturePortfolioModel =>
  new LinearFeaturePortfolioModel({ nSteps: 6, evalEvery: 3, checkpointInterval: 3, threads: 1, batchSize: 3 });
const constraints = [
  new WeightConstraintPostprocessor({ scaling: 'none', maxAbsWeight: 0.3 }),
  new WeightConstraintPostprocessor({ scaling: 'none', turnoverLimit: 0.2, turnoverPolicy: 'least' }),
];

/** A postprocessor of somebody else's. */
class Halved implements PortfolioPostprocessor {
  static readonly postprocessorType = 'halved';
  readonly postprocessorType: string = 'halved';
  readonly config: object = { by: 2 };
  static create(): Halved {
    return new Halved();
  }
  transform(batch: PortfolioSequenceBatch, { weights, checkpoint }: PortfolioWeightsResult): PortfolioWeightsResult {
    return new PortfolioWeightsResult(
      batch,
      weights.map((w) => w / 2),
      checkpoint,
    );
  }
}

function bitsOf({ modelWeights, weights }: PortfolioPrediction): string {
  const hex = [modelWeights.weights, weights.weights].map((data) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  );
  return [...hex, modelWeights.checkpoint, weights.checkpoint].join('|');
}

async function rejection(operation: Promise<unknown>): Promise<Error> {
  const error: unknown = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

async function fitted(
  postprocessors: readonly PortfolioPostprocessor[] = constraints,
): Promise<PortfolioAllocationPipeline> {
  const pipeline = new PortfolioAllocationPipeline({ model: linear(), postprocessors });
  await pipeline.fit(train);
  return pipeline;
}

describe('a saved allocation pipeline', () => {
  it('gives the same bits at every checkpoint', async () => {
    const pipeline = await fitted();
    await pipeline.save(path);
    const loaded = await PortfolioAllocationPipeline.load(path);
    expect(loaded.isFitted).toBe(true);
    expect(loaded.model).toBeInstanceOf(LinearFeaturePortfolioModel);
    expect(loaded.postprocessors.map((part) => part.config)).toEqual(constraints.map(({ config }) => config));
    const seen = new Set<string>();
    for (const checkpoint of [undefined, 'ridge', 'step-3', 'last']) {
      const bits = bitsOf(await loaded.predict(later, { checkpoint }));
      expect(bits).toBe(bitsOf(await pipeline.predict(later, { checkpoint })));
      seen.add(bits);
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  it.each([
    ['a network', new LSTMPortfolioModel({ hiddenDim: 4, nSteps: 2, evalEvery: 1, batchSize: 3, threads: 1 })],
    ['equal weights', new EqualWeightPortfolioModel()],
  ])('of %s, with no postprocessor, is found by its name', async (_, model) => {
    const pipeline = new PortfolioAllocationPipeline({ model });
    await pipeline.fit(train);
    await pipeline.save(path);
    const loaded = await PortfolioAllocationPipeline.load(path);
    expect(loaded.model.constructor).toBe(model.constructor);
    expect(bitsOf(await loaded.predict(later))).toBe(bitsOf(await pipeline.predict(later)));
  });

  it('sees nothing of the future: features after a date leave its weights as they were', async () => {
    const pipeline = await fitted();
    await pipeline.save(path);
    const loaded = await PortfolioAllocationPipeline.load(path);
    const { nSteps, nAssets, nFeatures } = later;
    const cut = nSteps - 2;
    const disturbed = edited(later, ({ features }) => {
      for (let at = 0; at < features.length; at++)
        if (Math.floor(at / (nAssets * nFeatures)) % nSteps >= cut) features[at] = 1 - features[at];
    });
    const [before, after] = [await loaded.predict(later), await loaded.predict(disturbed)];
    const past = (weights: Float64Array): Float64Array =>
      weights.filter((_, at) => Math.floor(at / nAssets) % nSteps < cut);
    expect(past(after.weights.weights)).toEqual(past(before.weights.weights));
    expect(after.weights.weights).not.toEqual(before.weights.weights);
  });

  it('has postprocessors of others when their classes are passed, and says which are known when not', async () => {
    const pipeline = await fitted([constraints[0], new Halved()]);
    await pipeline.save(path);
    const loaded = await PortfolioAllocationPipeline.load(path, { postprocessors: [Halved] });
    expect(bitsOf(await loaded.predict(later))).toBe(bitsOf(await pipeline.predict(later)));
    const error = await rejection(PortfolioAllocationPipeline.load(path));
    expect(error).toBeInstanceOf(ArtifactError);
    expect(error.message).toBe(
      `${path}: config.postprocessors[1].type: expected one of "weight-constraint", found "halved". ` +
        'Pass its class: load(path, { postprocessors: [ItsClass] }).',
    );
  });
});

describe('what cannot be saved or loaded is one clear error', () => {
  it.each([
    [
      'without a fit',
      () => Promise.resolve(new PortfolioAllocationPipeline({ model: linear() })),
      NotFittedError,
      /save/,
    ],
    [
      'with a postprocessor that has no name',
      () => fitted([{ transform: (_, weights) => weights }]),
      DataError,
      /^postprocessors\[0\]\.postprocessorType: expected a name to save it under, found undefined/,
    ],
    [
      'with a configuration that JSON cannot hold',
      () => fitted([Object.assign(new Halved(), { config: { limit: Number.POSITIVE_INFINITY } })]),
      DataError,
      /^postprocessors\[0\]\.config\.limit: expected a value that JSON can hold, found Infinity/,
    ],
    [
      'with a part under the name of another class',
      () => fitted([Object.assign(new Halved(), { postprocessorType: 'weight-constraint', config: {} })]),
      DataError,
      /another name than that of WeightConstraintPostprocessor, found "weight-constraint" in Halved/,
    ],
  ] as const)('a pipeline %s', async (_, create, type, message) => {
    const pipeline = await create();
    const before = await readdir(folder);
    const error = await rejection(pipeline.save(path));
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
    expect(await readdir(folder)).toEqual(before);
  });

  it('a damaged file, one of something else, a later format, an array too many', async () => {
    const pipeline = await fitted();
    await pipeline.save(path);
    const bytes = await readFile(path);
    const load = async (): Promise<string> => {
      const error = await rejection(PortfolioAllocationPipeline.load(path));
      expect(error).toBeInstanceOf(ArtifactError);
      return error.message;
    };
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 0x11;
      await writeFile(path, damaged);
      await load();
    }
    await writeFile(path, bytes);
    const { modelType, packageVersion, config, state, record, arrays } = await loadArtifact(path);
    const rewritten = { modelType, packageVersion, formatVersion: 1, config: config as object, state, record, arrays };
    await saveArtifact(path, { ...rewritten, formatVersion: 2 });
    expect(await load()).toMatch(/formatVersion: expected at most 1, found 2/);
    await saveArtifact(path, { ...rewritten, modelType: 'latent-factor-forecast-pipeline' });
    expect(await load()).toMatch(/modelType: expected "portfolio-allocation-pipeline", found "latent-factor-forecast/);
    await saveArtifact(path, { ...rewritten, arrays: { ...arrays, extra: { shape: [], data: Float64Array.of(1) } } });
    expect(await load()).toMatch(/arrays\.extra: expected no array but/);
    await saveArtifact(path, { ...rewritten, config: { ...(config as object), model: { type: 'mine', config: {} } } });
    expect(await load()).toMatch(
      /config\.model\.type: expected one of "equal-weight", .*found "mine".*models: \[ItsClass\]/,
    );
    const models = [{ modelType: 'mine', load: () => Promise.resolve(new Halved() as never) }];
    expect((await rejection(PortfolioAllocationPipeline.load(path, { models }))).message).toMatch(
      /expected a portfolio model, found mine, which has no `predict`/,
    );
  });
});
