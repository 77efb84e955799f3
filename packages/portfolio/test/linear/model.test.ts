import { readFileSync } from 'node:fs';
import {
  ConfigError,
  DataError,
  InfeasibleError,
  NotIdentifiedError,
  PortfolioSequenceBatch,
  type PortfolioSequenceInit,
} from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import {
  LinearFeaturePortfolioModel,
  PortfolioAllocationPipeline,
  WeightConstraintPostprocessor,
  type LinearPortfolioConfigInput,
} from '../../src/index.ts';
import { evaluatePortfolio, defaultConventions, sharpeRatioOfReturns } from '../../src/objective/entry.ts';
import { absoluteSum, difference, largest, sum } from '../projection/rows.ts';
import { edited, rebuilt, smallBatch } from '../training/small-batch.ts';

type Nested = readonly (number | null | Nested)[];
interface Golden {
  readonly features: number[][][][];
  readonly returns: Nested;
  readonly mask: boolean[][][];
  readonly features_test: number[][][][];
  readonly cases: readonly {
    readonly config: {
      readonly fit_intercept?: boolean;
      readonly ridge_alpha?: number;
      readonly max_abs_weight?: number;
      readonly gross_exposure?: number;
      readonly net_exposure?: number;
    };
    readonly coefficients: number[];
    readonly train_metrics: { readonly n_train_obs: number; readonly train_rmse: number };
    readonly weights_train: number[][][];
    readonly weights_test: number[][][];
  }[];
}
const golden = JSON.parse(readFileSync(`${__dirname}/../golden/linear-portfolio.json`, 'utf8')) as Golden;
const flat = (nested: Nested): Float64Array =>
  Float64Array.from((nested as unknown[]).flat(9) as (number | null)[], (x) => x ?? Number.NaN);
/** The reference leaves cells without a return out of the regression, and gives them weights. */
const goldenReturns = flat(golden.returns);
const goldenMask = flat(golden.mask as unknown as Nested);
const goldenBatch = (features: number[][][][], rest: Partial<PortfolioSequenceInit>): PortfolioSequenceBatch =>
  new PortfolioSequenceBatch({ features, timestamps: features[0].map((_, t) => Date.UTC(2020, 0, 1 + t)), ...rest });

describe('LinearFeaturePortfolioModel and the reference', () => {
  const observed = goldenMask.map((m, cell) => (m === 1 && !Number.isNaN(goldenReturns[cell]) ? 1 : 0));
  const train = goldenBatch(golden.features, { forwardReturns: goldenReturns, mask: observed });
  const trainDates = goldenBatch(golden.features, { mask: goldenMask });
  const test = goldenBatch(golden.features_test, {});
  const ridge = ({ fit_intercept, ridge_alpha }: Golden['cases'][number]['config']): LinearPortfolioConfigInput => ({
    estimator: 'ridge',
    inputScaling: 'none',
    ...(fit_intercept === undefined ? {} : { intercept: fit_intercept }),
    ...(ridge_alpha === undefined ? {} : { ridgeAlpha: ridge_alpha }),
  });

  it.each(golden.cases)('has its coefficients and its weights: $config', async (expected) => {
    const { config, train_metrics } = expected;
    const model = new LinearFeaturePortfolioModel(ridge(config));
    const { trainMetrics } = await model.fit(train);
    const { intercept, coefficients } = model.coefficients();
    const found = config.fit_intercept === false ? [...coefficients] : [intercept, ...coefficients];
    expect(largest(difference(found, expected.coefficients))).toBeLessThan(1e-12);
    expect(trainMetrics.ridgeObservations).toBe(train_metrics.n_train_obs);
    expect(trainMetrics.ridgeRmse).toBeCloseTo(train_metrics.train_rmse, 12);

    const weights = [await model.predict(trainDates), await model.predict(test)];
    const theirs = [expected.weights_train, expected.weights_test].map((w) => w.flat(2));
    if (config.max_abs_weight === undefined) {
      weights.forEach(({ weights: w }, k) => expect(largest(difference(w, theirs[k]))).toBeLessThan(1e-10));
      return;
    }
    // With a cap the reference projects the raw scores, so that its weights depend on their scale. We cap the weights in proportion.
    const { gross_exposure: grossExposure = 1, net_exposure: netExposure = 0, max_abs_weight: maxAbsWeight } = config;
    const capped = new LinearFeaturePortfolioModel({ ...ridge(config), grossExposure, netExposure, maxAbsWeight });
    await capped.fit(train);
    const { weights: ours } = await capped.predict(test);
    const uncapped = new LinearFeaturePortfolioModel({ ...ridge(config), grossExposure, netExposure });
    await uncapped.fit(train);
    const { weights: free } = await uncapped.predict(test);
    for (let from = 0; from < ours.length; from += 7) {
      const row = ours.subarray(from, from + 7);
      expect(sum(row)).toBeCloseTo(netExposure, 12);
      expect(absoluteSum(row)).toBeLessThan(grossExposure + 1e-12);
      expect(largest(row)).toBeLessThanOrEqual(maxAbsWeight);
      const before = free.subarray(from, from + 7);
      if (largest(before) <= maxAbsWeight) expect(largest(difference(row, before))).toBeLessThan(1e-12);
    }
    expect(largest(difference(ours, theirs[1]))).toBeGreaterThan(0.01);
  });
});

/** Windows whose signal costs nearly all that it earns, traded as often as it changes, and a slow one that does not. */
function costlySignal(seed: number): PortfolioSequenceBatch {
  const base = smallBatch(seed, { nWindows: 40, nSteps: 12, nAssets: 6, available: 1 });
  return edited(rebuilt(base, { costs: new Array<number>(6).fill(0.004) }), (arrays) => {
    const { features, forwardReturns, volScale } = arrays;
    volScale.fill(1);
    for (let b = 0; b < 40; b++)
      for (let t = 0; t < 12; t++)
        for (let i = 0; i < 6; i++) {
          const cell = (b * 12 + t) * 6 + i;
          // Feature 1 stays for the window, and its sign says who earns a little on every date of it.
          features[3 * cell + 1] = features[3 * (b * 72 + i) + 1] - 2;
          forwardReturns[cell] += 0.001 * features[3 * cell + 1];
        }
  });
}

describe('LinearFeaturePortfolioModel', () => {
  const batch = smallBatch(1);
  const { nWindows: B, nSteps: T, nAssets: N, nFeatures: F } = batch;
  const small = { nSteps: 20, evalEvery: 5, batchSize: 3, threads: 1 } satisfies LinearPortfolioConfigInput;

  it('does not look ahead: weights of a date change with that date alone', async () => {
    const model = new LinearFeaturePortfolioModel(small);
    await model.fit(batch);
    const before = (await model.predict(batch)).weights;
    const later = edited(batch, ({ features, forwardReturns }) => {
      for (let cell = 0; cell < B * T * N; cell++) {
        const step = Math.floor(cell / N) % T;
        if (step >= 2) forwardReturns[cell] += 0.05;
        if (step >= 3) for (let f = 0; f < F; f++) features[cell * F + f] += 1 + f * (cell % N);
      }
    });
    const after = (await model.predict(later)).weights;
    const changed = new Array<number>(T).fill(0);
    after.forEach((w, cell) => (changed[Math.floor(cell / N) % T] += Number(w !== before[cell])));
    expect(changed.slice(0, 3)).toEqual([0, 0, 0]);
    expect(Math.min(...changed.slice(3))).toBeGreaterThan(0);
  });

  it('never reads what lies under a false mask, fitting or predicting', async () => {
    const fits: unknown[] = [];
    for (const hidden of [Number.NaN, 0, 1e6]) {
      const on = smallBatch(1, { hidden });
      const model = new LinearFeaturePortfolioModel(small);
      const { trainMetrics, history } = await model.fit(on);
      const { weights } = await model.predict(on);
      expect(weights.every(Number.isFinite)).toBe(true);
      weights.forEach((w, cell) => expect(w === 0).toBe(batch.mask[cell] === 0 || w === 0));
      fits.push({ trainMetrics, history, weights });
    }
    expect(fits[1]).toEqual(fits[0]);
    expect(fits[2]).toEqual(fits[0]);
  });

  it('earns more after costs than the regression it starts from, out of sample', async () => {
    const [train, test] = [costlySignal(5), costlySignal(6)];
    const model = new LinearFeaturePortfolioModel({ head: 'long-short', nSteps: 200, gammaCost: 1, threads: 1 });
    await model.fit(train);
    expect(model.fitSummary.defaultCheckpoint).toBe('best');
    const conventions = { ...defaultConventions, gammaCost: 1, budget: 'none' as const };
    const sharpe = async (checkpoint: string): Promise<number> => {
      const { weights } = await model.predict(test, { checkpoint });
      return sharpeRatioOfReturns(evaluatePortfolio(test, weights, conventions).net, {
        annualizationFactor: 252,
        sharpeEps: 1e-12,
      });
    };
    expect(await sharpe('best')).toBeGreaterThan((await sharpe('ridge')) + 1);
  });

  // One step of five times the size of the scores, on a signal that regression is made for.
  it('keeps the regression where training found nothing better on the validation windows', async () => {
    const train = smallBatch(8, { nWindows: 30 });
    const model = new LinearFeaturePortfolioModel({
      ...small,
      head: 'long-short',
      nSteps: 1,
      evalEvery: 1,
      ignoreFirst: 0,
      learningRate: 5,
      gammaCost: 0,
    });
    const { defaultCheckpoint, notes, validationMetrics } = await model.fit(train, {
      validation: smallBatch(9, { nWindows: 30 }),
    });
    expect(defaultCheckpoint).toBe('ridge');
    expect(notes).toContain('No step of training was better than the regression on the validation windows.');
    const alone = new LinearFeaturePortfolioModel({ ...small, estimator: 'ridge', gammaCost: 0 });
    const same = await alone.fit(train, { validation: smallBatch(9, { nWindows: 30 }) });
    expect(same.validationMetrics?.sharpe).toBe(validationMetrics?.sharpe);
    expect(same).toMatchObject({ converged: true, stopReason: 'closed-form', iterations: 0, checkpoints: ['ridge'] });
  });

  it('regresses what positions earn: returns times volatility scale', async () => {
    const model = new LinearFeaturePortfolioModel({ estimator: 'ridge' });
    await model.fit(batch);
    const earned = edited(batch, ({ forwardReturns, volScale }) => {
      forwardReturns.forEach((r, cell) => (forwardReturns[cell] = r * volScale[cell]));
      volScale.fill(1);
    });
    const other = new LinearFeaturePortfolioModel({ estimator: 'ridge' });
    await other.fit(earned);
    expect(largest(difference(model.coefficients().coefficients, other.coefficients().coefficients))).toBeLessThan(
      1e-15,
    );
  });

  it('has weights for assets that it never saw', async () => {
    const model = new LinearFeaturePortfolioModel(small);
    await model.fit(batch);
    const wider = smallBatch(4, { nAssets: 7 });
    const { weights, assetIds } = await model.predict(wider);
    expect(assetIds).toHaveLength(7);
    expect(largest(weights)).toBeGreaterThan(0);
  });

  it('names the date on which a cap leaves no weights', async () => {
    const model = new LinearFeaturePortfolioModel({ estimator: 'ridge', netExposure: 0.9, maxAbsWeight: 0.3 });
    await expect(model.fit(batch)).rejects.toThrow(InfeasibleError);
    await expect(model.fit(batch)).rejects.toThrow(/maxAbsWeight \(window 0, 1970-/);
    expect(model.isFitted).toBe(false);
  });

  it('refuses what it cannot use', async () => {
    const make = (config: LinearPortfolioConfigInput) => () => new LinearFeaturePortfolioModel(config);
    expect(make({ head: 'bounded', maxAbsWeight: 0.1 })).toThrow(/maxAbsWeight.*long-short/);
    expect(make({ netExposure: 2 })).toThrow(ConfigError);
    expect(make({ defaultCheckpoint: 7, nSteps: 6 })).toThrow(/defaultCheckpoint/);
    expect(make({ ensembleSize: 2 } as never)).toThrow(/ensembleSize/);
    const model = new LinearFeaturePortfolioModel(small);
    await model.fit(batch);
    await expect(model.predict(batch, { checkpoint: 'step-3' })).rejects.toThrow(/ridge/);
    await expect(model.predict(rebuilt(batch, { featureNames: ['f0', 'f1', 'x'] }))).rejects.toThrow(DataError);
    await expect(model.predict(rebuilt(batch, { volScale: undefined } as never))).rejects.toThrow(/volScale/);
    const twice = edited(batch, ({ features }) => {
      for (let cell = 0; cell < B * T * N; cell++) features[F * cell + 2] = features[F * cell + 1];
    });
    const unpenalised = new LinearFeaturePortfolioModel({ estimator: 'ridge', ridgeAlpha: 0 });
    await expect(unpenalised.fit(twice)).rejects.toThrow(NotIdentifiedError);
    await expect(
      new LinearFeaturePortfolioModel().fit(rebuilt(batch, { mask: new Uint8Array(B * T * N) })),
    ).rejects.toThrow(/cells that can be held/);
  });
});

describe('PortfolioAllocationPipeline', () => {
  it('passes validation, signal, progress and checkpoint through, and constrains what the model gives', async () => {
    const batch = smallBatch(1);
    const model = new LinearFeaturePortfolioModel({ nSteps: 6, evalEvery: 3, checkpointInterval: 3, threads: 1 });
    const pipeline = new PortfolioAllocationPipeline({
      model,
      postprocessors: [
        new WeightConstraintPostprocessor({ scaling: 'none', maxAbsWeight: 0.3 }),
        new WeightConstraintPostprocessor({ scaling: 'none', turnoverLimit: 0.2, turnoverPolicy: 'least' }),
      ],
    });
    expect(pipeline.isFitted).toBe(false);
    const aborted = pipeline.fit(batch, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    let reports = 0;
    const summary = await pipeline.fit(batch, { validation: smallBatch(2), onProgress: () => reports++ });
    expect(pipeline.isFitted).toBe(true);
    expect(reports).toBeGreaterThan(0);
    expect(summary.validationMetrics?.sharpe).toBeDefined();

    const { modelWeights, weights } = await pipeline.predict(batch, { checkpoint: 'step-3' });
    expect([modelWeights.checkpoint, weights.checkpoint]).toEqual(['step-3', 'step-3']);
    expect(modelWeights.weights).toEqual((await model.predict(batch, { checkpoint: 'step-3' })).weights);
    expect(largest(modelWeights.weights)).toBeGreaterThan(0.3);
    expect(largest(weights.weights)).toBeLessThanOrEqual(0.3 + 1e-12);
    expect(weights.weights).not.toEqual(modelWeights.weights);
  });

  it('gives the model its own weights without postprocessors', async () => {
    const batch = smallBatch(1);
    const pipeline = new PortfolioAllocationPipeline({
      model: new LinearFeaturePortfolioModel({ estimator: 'ridge' }),
    });
    await expect(pipeline.predict(batch)).rejects.toMatchObject({ code: 'not-fitted' });
    await pipeline.fit(batch);
    const { modelWeights, weights } = await pipeline.predict(batch);
    expect(weights).toBe(modelWeights);
  });
});
