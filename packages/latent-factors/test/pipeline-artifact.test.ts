import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ArtifactError,
  AssetForecastResult,
  ConfigError,
  DataError,
  LatentFactorState,
  NotFittedError,
  OutputError,
  type CrossSectionBatch,
  type FactorForecaster,
  type FactorMapper,
  type FitSummary,
  type LatentFactorModel,
  type LatentFactorPrediction,
  type PersistentPanelBatch,
} from '@ml4t/core';
import { loadArtifact, saveArtifact, type ArtifactSource } from '@ml4t/core/persist';
import { simulateConditionalFactorPanel, simulateStaticFactorPanel } from '@ml4t/core/simulate';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AR1FactorForecaster,
  CAEModel,
  EWMAFactorForecaster,
  ExpandingMeanFactorForecaster,
  IPCAModel,
  LatentFactorForecastPipeline,
  PCAModel,
  modelRegistry,
} from '../src/index.ts';

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

const { batch } = simulateConditionalFactorPanel({ seed: 8, nAssets: 30, nDates: 60, nCharacteristics: 4 });
const [train, later] = [batch.slice(0, 45), batch.slice(45)];

/** Everything that a prediction says, as text that tells every bit. */
function bitsOf({ state, factorForecast, assetForecast, trainingFactorReturns }: LatentFactorPrediction): string {
  const arrays = [
    state.betas,
    state.factorReturns,
    factorForecast.premia,
    factorForecast.standardErrors ?? new Float64Array(0),
    assetForecast.expectedReturns,
    trainingFactorReturns ?? new Float64Array(0),
  ];
  const hex = arrays.map((data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'));
  return [...hex, state.checkpoint, factorForecast.checkpoint, assetForecast.checkpoint, ...state.factorNames].join(
    '|',
  );
}

async function rejection(operation: Promise<unknown>): Promise<Error> {
  const error: unknown = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

/** A model of somebody else's: exposures are the first characteristic in units of its last training return. */
class OneCharacteristicModel implements LatentFactorModel<CrossSectionBatch> {
  static readonly modelType: string = 'one-characteristic';
  readonly modelType: string = 'one-characteristic';
  readonly config = Object.freeze({});
  readonly checkpoints = ['late', 'early'];
  unit: number | undefined;
  get isFitted(): boolean {
    return this.unit !== undefined;
  }
  fit(on: CrossSectionBatch): Promise<FitSummary> {
    this.unit = on.requireReturns('this model').at(-1);
    return Promise.resolve({} as FitSummary);
  }
  extract(on: CrossSectionBatch, { checkpoint = 'late' } = {}): Promise<LatentFactorState> {
    const scale = (this.unit ?? Number.NaN) * (checkpoint === 'early' ? -2 : 1);
    const p = on.nCharacteristics;
    return Promise.resolve(
      new LatentFactorState({
        index: on.index,
        nFactors: 1,
        betaLayout: 'row',
        betas: Float64Array.from({ length: on.nRows }, (_, row) => scale * on.characteristics[row * p]),
        factorReturns: Float64Array.from(on.timestamps, (_, t) => (t + 1) / scale),
        checkpoint,
      }),
    );
  }
  save(file: string): Promise<void> {
    return saveArtifact(file, {
      modelType: this.modelType,
      formatVersion: 1,
      packageVersion: '0.0.1',
      config: this.config,
      state: null,
      arrays: { unit: { shape: [], data: Float64Array.of(this.unit ?? Number.NaN) } },
    });
  }
  static async load(source: ArtifactSource): Promise<OneCharacteristicModel> {
    const { arrays } = await loadArtifact(source, { modelType: 'one-characteristic', arrays: ['unit'] });
    const model = new OneCharacteristicModel();
    [model.unit] = arrays.unit.data;
    return model;
  }
}

/** A forecaster of somebody else's, which needs its configuration. */
class ScaledMean extends ExpandingMeanFactorForecaster {
  static readonly forecasterType = 'scaled-mean';
  override readonly forecasterType = 'scaled-mean' as 'expanding-mean';
  static create(config: unknown): FactorForecaster {
    return new ScaledMean(config as object);
  }
}

/** A mapper of somebody else's. */
class ShiftedMapper implements FactorMapper {
  static readonly mapperType = 'shifted';
  readonly mapperType = 'shifted';
  readonly config: { readonly by: number };
  constructor(by: number) {
    this.config = { by };
  }
  static create(config: unknown): ShiftedMapper {
    return new ShiftedMapper((config as ShiftedMapper['config']).by);
  }
  predict({ index, checkpoint }: LatentFactorState): AssetForecastResult {
    return new AssetForecastResult({
      index,
      expectedReturns: new Float64Array(index.nRows).fill(this.config.by),
      checkpoint,
    });
  }
}

describe('a saved forecast pipeline', () => {
  it('gives the same bits at every checkpoint, in any order, without the training batch', async () => {
    const pipeline = new LatentFactorForecastPipeline({
      model: new CAEModel({ nFactors: 2, hiddenUnits: [4], nEpochs: 6, checkpointInterval: 2, ensembleSize: 2 }),
      forecaster: new EWMAFactorForecaster({ halfLife: 7 }),
    });
    await pipeline.fit(train.slice(0, 35), { validation: train.slice(35) });
    const { checkpoints, defaultCheckpoint } = pipeline.model as CAEModel;
    expect(checkpoints.length).toBeGreaterThan(3);
    await pipeline.save(path);
    const loaded = await LatentFactorForecastPipeline.load(path);
    expect(loaded.isFitted).toBe(true);
    expect(loaded.model).toBeInstanceOf(CAEModel);
    expect(loaded.forecaster).toBeInstanceOf(EWMAFactorForecaster);
    expect(loaded.forecaster.config).toEqual(pipeline.forecaster.config);
    const seen = new Set<string>();
    for (const checkpoint of [undefined, ...checkpoints, undefined]) {
      const bits = bitsOf(await loaded.predict(later, { checkpoint }));
      expect(bits).toBe(bitsOf(await pipeline.predict(later, { checkpoint })));
      seen.add(bits);
    }
    // Guards the test: checkpoints that agree would prove nothing. ('best' or 'last' may be one of the kept epochs.)
    expect(seen.size).toBeGreaterThanOrEqual(checkpoints.length);
    expect((await loaded.predict(later)).state.checkpoint).toBe(defaultCheckpoint);
  });

  it.each(['managed', 'regression'] as const)(
    'gives the premia of a forecaster fitted on the training batch: %s',
    async (factors) => {
      const pipeline = new LatentFactorForecastPipeline({
        model: new CAEModel({
          nFactors: 2,
          factors,
          hiddenUnits: [4],
          nEpochs: 4,
          checkpointInterval: 2,
          ensembleSize: 2,
        }),
        forecaster: new AR1FactorForecaster(),
      });
      await pipeline.fit(train);
      await pipeline.save(path);
      const loaded = await LatentFactorForecastPipeline.load(path);
      for (const checkpoint of ['epoch-2', 'last']) {
        const byHand = new AR1FactorForecaster();
        byHand.fit(await pipeline.model.extract(train, { checkpoint }));
        const { state, factorForecast } = await loaded.predict(later, { checkpoint });
        expect(factorForecast.premia).toEqual(byHand.predict(state).premia);
      }
    },
  );

  it.each([
    ['expanding-mean', new ExpandingMeanFactorForecaster({ update: 'frozen' })],
    ['ewma', new EWMAFactorForecaster({ adjust: false })],
    ['ar1', new AR1FactorForecaster({ shrinkage: 0.1 })],
  ])('of IPCA with %s gives the same bits on dates before, across and after the fit', async (_, forecaster) => {
    const pipeline = new LatentFactorForecastPipeline({
      model: new IPCAModel({ nFactors: 2, intercept: true }),
      forecaster,
    });
    await pipeline.fit(train.slice(5));
    await pipeline.save(path);
    const loaded = await LatentFactorForecastPipeline.load(path);
    for (const on of [batch.slice(0, 5), batch.slice(20, 50), later, later.withoutReturns()])
      expect(bitsOf(await loaded.predict(on))).toBe(bitsOf(await pipeline.predict(on)));
  });

  it('of PCA takes its own kind of batch', async () => {
    const { batch: panel } = simulateStaticFactorPanel({ nAssets: 12, nDates: 40, seed: 2 });
    const pipeline = new LatentFactorForecastPipeline({ model: new PCAModel({ nFactors: 2 }) });
    await pipeline.fit(panel.slice(0, 30));
    await pipeline.save(path);
    const loaded = await LatentFactorForecastPipeline.load<PersistentPanelBatch>(path);
    expect(bitsOf(await loaded.predict(panel.slice(30)))).toBe(bitsOf(await pipeline.predict(panel.slice(30))));
  });

  it('sees nothing of the future: returns after a date leave its forecast as it was', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await pipeline.fit(train);
    await pipeline.save(path);
    const loaded = await LatentFactorForecastPipeline.load(path);
    const before = (await loaded.predict(later)).assetForecast.expectedReturns;
    const cut = later.index.rowOffsets[6];
    const disturbed = later.withReturns(later.requireReturns('this test').map((r, row) => (row >= cut ? 5 - r : r)));
    const after = (await loaded.predict(disturbed)).assetForecast.expectedReturns;
    // Returns dated 6 are earned after it: the forecast dated 6 is the last that must not see them.
    const rows = later.index.rowOffsets[7];
    expect(after.subarray(0, rows)).toEqual(before.subarray(0, rows));
    expect(after.subarray(rows)).not.toEqual(before.subarray(rows));
  });

  it('can be saved again, to the same bytes', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await pipeline.fit(train);
    await pipeline.save(path);
    await (await LatentFactorForecastPipeline.load(path)).save(`${path}.again`);
    expect((await readFile(`${path}.again`)).equals(await readFile(path))).toBe(true);
  });

  it('holds factor returns of the training dates and nothing of their rows', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await pipeline.fit(train);
    await pipeline.save(path);
    const { config, arrays } = await loadArtifact(path);
    expect(config).toMatchObject({
      model: { type: 'ipca', config: { nFactors: 2 } },
      forecaster: { type: 'expanding-mean', config: { update: 'expanding' } },
      mapper: { type: 'beta-lambda', config: {} },
    });
    expect(Object.fromEntries(Object.entries(arrays).map(([name, { shape }]) => [name, shape]))).toEqual({
      'model/gamma': [5, 2],
      'history-0/timestamps': [45],
      'history-0/factorReturns': [45, 2],
    });
  });
});

describe('parts of others', () => {
  const classes = { models: [OneCharacteristicModel], forecasters: [ScaledMean], mappers: [ShiftedMapper] };

  it('come back when their classes are passed', async () => {
    const pipeline = new LatentFactorForecastPipeline({
      model: new OneCharacteristicModel(),
      forecaster: new ScaledMean({ realisationLag: 2 }),
      mapper: new ShiftedMapper(3),
    });
    await pipeline.fit(train);
    await pipeline.save(path);
    const loaded = await LatentFactorForecastPipeline.load(path, classes);
    expect(loaded.forecaster).toBeInstanceOf(ScaledMean);
    expect(loaded.mapper).toBeInstanceOf(ShiftedMapper);
    for (const checkpoint of [undefined, 'early', 'late'])
      expect(bitsOf(await loaded.predict(later, { checkpoint }))).toBe(
        bitsOf(await pipeline.predict(later, { checkpoint })),
      );
  });

  it.each([
    ['models', 'config.model.type', '"pca", "rp-pca", "proximate-factor", "ipca", "cae"', 'one-characteristic'],
    ['forecasters', 'config.forecaster.type', '"expanding-mean", "ewma", "ar1"', 'scaled-mean'],
    ['mappers', 'config.mapper.type', '"beta-lambda"', 'shifted'],
  ])('are one error that names what is known when the %s are not passed', async (option, field, known, missing) => {
    const pipeline = new LatentFactorForecastPipeline({
      model: new OneCharacteristicModel(),
      forecaster: new ScaledMean(),
      mapper: new ShiftedMapper(3),
    });
    await pipeline.fit(train);
    await pipeline.save(path);
    const error = await rejection(LatentFactorForecastPipeline.load(path, { ...classes, [option]: [] }));
    expect(error).toBeInstanceOf(ArtifactError);
    expect(error.message).toBe(
      `${path}: ${field}: expected one of ${known}, found "${missing}". Pass its class: load(path, { ${option}: [ItsClass] }).`,
    );
  });

  it('cannot take a name of this package', async () => {
    class OtherIPCA extends IPCAModel {}
    const pipeline = new LatentFactorForecastPipeline({ model: new OtherIPCA({ nFactors: 2 }) });
    await pipeline.fit(train);
    const error = await rejection(pipeline.save(path));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(
      'model.modelType: expected another name than that of IPCAModel, found "ipca" in OtherIPCA. ' +
        'Give the class a name of its own, and pass it to `load`.',
    );
    const own = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await own.fit(train);
    await own.save(path);
    const models = [{ modelType: 'ipca', load: (source: ArtifactSource) => OtherIPCA.load(source) }];
    expect(await rejection(LatentFactorForecastPipeline.load(path, { models }))).toBeInstanceOf(ConfigError);
    // The registry itself may be passed: its entries are the same.
    await expect(LatentFactorForecastPipeline.load(path, { models: modelRegistry })).resolves.toBeDefined();
  });

  class Nameless implements FactorMapper {
    predict({ index }: LatentFactorState): AssetForecastResult {
      return new AssetForecastResult({ index, expectedReturns: new Float64Array(index.nRows) });
    }
  }
  class Unsavable extends OneCharacteristicModel {
    override save(): Promise<void> {
      return Promise.resolve();
    }
  }
  class Misnamed extends OneCharacteristicModel {
    override readonly modelType = 'misnamed';
    override save(file: string): Promise<void> {
      const original = new OneCharacteristicModel();
      original.unit = this.unit;
      return original.save(file);
    }
  }
  const withCallback = Object.assign(new ScaledMean(), { config: { callback: () => 1 } }) as unknown as ScaledMean;
  const rules: [
    string,
    Partial<ConstructorParameters<typeof LatentFactorForecastPipeline<CrossSectionBatch>>[0]>,
    RegExp,
  ][] = [
    ['a mapper without a name', { mapper: new Nameless() }, /^mapper\.mapperType: expected a name.*found undefined/],
    [
      'a configuration that JSON cannot hold',
      { forecaster: withCallback },
      /^forecaster\.config\.callback: .*function/,
    ],
    ['a model that saves nothing', { model: new Unsavable() }, /^model: expected a model whose `save`.*no such file/],
    [
      'a model that saves another',
      { model: new Misnamed() },
      /^model: .*modelType: "one-characteristic" in what it saved/,
    ],
  ];
  it.each(rules)('that cannot be saved are refused before anything is written: %s', async (_, parts, message) => {
    const pipeline = new LatentFactorForecastPipeline({ model: new OneCharacteristicModel(), ...parts });
    await pipeline.fit(train);
    await writeFile(path, 'what was there before');
    const before = await readdir(folder);
    const error = await rejection(pipeline.save(path));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
    expect(await readFile(path, 'utf8')).toBe('what was there before');
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('what cannot be loaded or saved is one clear error', () => {
  async function saved(): Promise<Buffer> {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await pipeline.fit(train);
    await pipeline.save(path);
    return readFile(path);
  }

  it('damage anywhere in the file', async () => {
    const bytes = await saved();
    const load = (): Promise<Error> => rejection(LatentFactorForecastPipeline.load(path));
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 0x11;
      await writeFile(path, damaged);
      expect(await load()).toBeInstanceOf(ArtifactError);
    }
    await writeFile(path, bytes.subarray(0, -1));
    expect(await load()).toBeInstanceOf(ArtifactError);
    await rm(path);
    expect((await load()).message).toMatch(/expected an artifact file, found no such file/);
  });

  it('an artifact of something else', async () => {
    const model = new IPCAModel({ nFactors: 2 });
    await model.fit(train);
    await model.save(path);
    const error = await rejection(LatentFactorForecastPipeline.load(path));
    expect(error).toBeInstanceOf(ArtifactError);
    expect(error.message).toMatch(/modelType: expected "latent-factor-forecast-pipeline", found "ipca"/);
    await saved();
    expect((await rejection(IPCAModel.load(path))).message).toMatch(/expected "ipca", found "latent-factor-forecast/);
  });

  it('a later format, of the pipeline or of the model within', async () => {
    await saved();
    const { modelType, packageVersion, config, state, record, arrays } = await loadArtifact(path);
    const rewritten = { modelType, packageVersion, config: config as object, state, record, arrays };
    await saveArtifact(path, { ...rewritten, formatVersion: 3 });
    let error = await rejection(LatentFactorForecastPipeline.load(path));
    expect(error.message).toMatch(/\.pipeline: formatVersion: expected at most 2, found 3 \(written by version/);
    const { model, own } = state as { model: object; own: object };
    await saveArtifact(path, { ...rewritten, formatVersion: 1, state: { model: { ...model, formatVersion: 7 }, own } });
    error = await rejection(LatentFactorForecastPipeline.load(path));
    expect(error).toBeInstanceOf(ArtifactError);
    expect(error.message).toMatch(/\.pipeline \(model\): formatVersion: expected at most 1, found 7/);
  });

  it('but format 1, which knew no timing of returns, is read: it takes that of the batch', async () => {
    await saved();
    const { modelType, packageVersion, config, state, record, arrays } = await loadArtifact(path);
    const { forecaster, ...others } = config as { forecaster: { type: string; config: object } };
    const { model, own } = state as { model: object; own: { histories: readonly object[] } };
    await saveArtifact(path, {
      ...{ modelType, packageVersion, record, arrays, formatVersion: 1 },
      // As it was written then: the default lag spelled out, nothing of timing, calendars or validation.
      config: { ...others, forecaster: { ...forecaster, config: { ...forecaster.config, realisationLag: 1 } } },
      state: { model, own: { histories: own.histories } },
    });
    const loaded = await LatentFactorForecastPipeline.load(path);
    const fresh = new LatentFactorForecastPipeline({ model: loaded.model });
    for (const returnHorizon of [1, 3]) {
      const timed = (on: CrossSectionBatch): CrossSectionBatch =>
        on.withReturns(on.requireReturns('this test'), { returnHorizon });
      await fresh.fitForecaster(timed(train));
      const expected = (await fresh.predict(timed(later))).factorForecast;
      expect((await loaded.predict(timed(later))).factorForecast.premia).toEqual(expected.premia);
    }
  });

  it('parts that do not belong together', async () => {
    await saved();
    const { modelType, packageVersion, config, state, record, arrays } = await loadArtifact(path);
    const rewritten = { modelType, packageVersion, formatVersion: 1, config: config as object, state, record };
    const { 'history-0/factorReturns': factors, ...others } = arrays;
    const cases: [object, RegExp][] = [
      [{ arrays: others }, /history-0\/factorReturns: expected the array, found no such array/],
      [{ arrays: { ...arrays, extra: factors } }, /arrays\.extra: expected no array but/],
      [{ arrays: { ...arrays, 'model/extra': factors } }, /\(model\): arrays\.extra: expected no array but/],
      [{ arrays, state: { model: {}, own: null } }, /: state\.model\.formatVersion: expected what this version/],
      [{ arrays, config: { ...(config as object), mapper: 3 } }, /: config\.mapper: expected what this version/],
    ];
    for (const [change, message] of cases) {
      await saveArtifact(path, { ...rewritten, arrays, ...change });
      const error = await rejection(LatentFactorForecastPipeline.load(path));
      expect(error).toBeInstanceOf(ArtifactError);
      expect(error.message).toMatch(message);
    }
  });

  it('a model that is none of latent factors', async () => {
    await saved();
    const models = [{ modelType: 'mine', load: () => Promise.resolve(new ShiftedMapper(1) as never) }];
    const { modelType, packageVersion, config, state, arrays } = await loadArtifact(path);
    const changed = { ...(config as object), model: { type: 'mine', config: {} } };
    await saveArtifact(path, { modelType, packageVersion, formatVersion: 1, config: changed, state, arrays });
    const error = await rejection(LatentFactorForecastPipeline.load(path, { models }));
    expect(error).toBeInstanceOf(ArtifactError);
    expect(error.message).toMatch(/expected a latent factor model, found mine, which has no `extract`/);
  });

  it('a pipeline without a fit, and a folder that is not there', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    expect(await rejection(pipeline.save(path))).toBeInstanceOf(NotFittedError);
    await pipeline.fit(train);
    const missing = join(folder, 'missing', 'x.pipeline');
    const error = await rejection(pipeline.save(missing));
    expect(error).toBeInstanceOf(OutputError);
    expect(error.message).toMatch(
      /x\.pipeline: expected a file that can be written, found a folder that does not exist/,
    );
    expect(error.message).not.toMatch(/\.tmp/);
  });
});

describe('checkpoints and refits', () => {
  it('a checkpoint that the model accepts but does not list is an error that says so', async () => {
    const model = new OneCharacteristicModel();
    model.checkpoints.pop();
    const pipeline = new LatentFactorForecastPipeline({ model });
    await pipeline.fit(train);
    await expect(pipeline.predict(later, { checkpoint: 'early' })).rejects.toThrow(
      /^checkpoint: expected one of late, found early\. Have the model list/,
    );
  });

  it('a refit whose factors cannot be had leaves no premia of the earlier fit behind', async () => {
    const model = new OneCharacteristicModel();
    const pipeline = new LatentFactorForecastPipeline({ model });
    await pipeline.fit(train);
    model.extract = () => Promise.reject(new Error('out of memory'));
    await expect(pipeline.fit(later)).rejects.toThrow('out of memory');
    expect(pipeline.isFitted).toBe(false);
    await expect(pipeline.predict(later)).rejects.toThrow(NotFittedError);
  });
});
