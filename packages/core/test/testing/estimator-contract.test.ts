import { AssertionError } from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { DataError, NotFittedError, throwIfAborted } from '../../src/errors.ts';
import { requireFitArguments, requirePredictArguments } from '../../src/models/arguments.ts';
import type { Estimator, FitOptions } from '../../src/models/interfaces.ts';
import type { Progress } from '../../src/models/progress.ts';
import { artifactArray, loadArtifact, saveArtifact } from '../../src/persist/index.ts';
import type { FitSummary } from '../../src/results/fit-summary.ts';
import { simulateConditionalFactorPanel } from '../../src/simulate/index.ts';
import { estimatorContract } from '../../src/testing/index.ts';

/** Predicts the mean return of the training rows for every row: the smallest honest estimator. */
class MeanReturnModel implements Estimator<CrossSectionBatch> {
  readonly modelType = 'mean-return';
  readonly config: object = Object.freeze({ seed: 42 });
  mean: number | undefined;

  get isFitted(): boolean {
    return this.mean !== undefined;
  }

  async fit(batch: CrossSectionBatch, options: FitOptions<CrossSectionBatch> = {}): Promise<FitSummary> {
    requireFitArguments(batch, options, { operation: 'mean-return', kind: 'cross-section' });
    const returns = batch.requireReturns('the mean return');
    let sum = 0;
    let count = 0;
    for (let t = 0; t < batch.nDates; t++) {
      throwIfAborted(options.signal, 'mean-return');
      for (let row = batch.index.rowOffsets[t]; row < batch.index.rowOffsets[t + 1]; row++)
        if (!Number.isNaN(returns[row])) {
          sum += returns[row];
          count++;
        }
      options.onProgress?.({ phase: 'dates', unit: 'date', step: t + 1, total: batch.nDates });
    }
    if (count === 0)
      throw new DataError({ field: 'returns', expected: 'at least one', found: 'none', remedy: 'Pass more rows.' });
    this.mean = sum / count;
    return {
      converged: true,
      stopReason: 'closed-form',
      iterations: 0,
      trainMetrics: {},
      history: [],
      notes: [],
      runRecord: {
        modelType: this.modelType,
        packageVersion: '0.0.0',
        config: { seed: 42 },
        engine: 'none',
        dimensions: { rows: batch.nRows },
        stopReason: 'closed-form',
        seconds: 0,
      },
    };
  }

  async predict(batch: CrossSectionBatch): Promise<{ expected: Float64Array }> {
    if (this.mean === undefined) throw new NotFittedError('MeanReturnModel', 'predict');
    requirePredictArguments(batch, {}, { operation: 'mean-return', kind: 'cross-section' });
    return { expected: new Float64Array(batch.nRows).fill(this.mean) };
  }

  async save(path: string): Promise<void> {
    if (this.mean === undefined) throw new NotFittedError('MeanReturnModel', 'save');
    await saveArtifact(path, {
      modelType: this.modelType,
      formatVersion: 1,
      packageVersion: '0.0.0',
      config: this.config,
      state: {},
      arrays: { mean: { shape: [1], data: Float64Array.of(this.mean) } },
    });
  }
}

const { batch } = simulateConditionalFactorPanel({ nAssets: 6, nDates: 8, nCharacteristics: 3 });
const withMissing = new CrossSectionBatch({
  ...batch,
  returns: batch.requireReturns('test').map((r, i) => (i % 5 === 0 ? Number.NaN : r)),
});

function contractOf(create: () => MeanReturnModel): ReturnType<typeof estimatorContract> {
  return estimatorContract<CrossSectionBatch, MeanReturnModel>({
    create,
    batch: batch.slice(0, 5),
    otherBatch: batch.slice(3, 8),
    extractOrPredict: (model, on) => model.predict(on),
    load: async (path) => {
      const artifact = await loadArtifact(path, { modelType: 'mean-return' });
      const model = create();
      model.mean = artifactArray(artifact, 'mean', 'F64', [1])[0];
      return model;
    },
    batchWithMissing: withMissing,
    unusableBatch: batch.withoutReturns(),
  });
}

describe('the estimator contract', () => {
  for (const { name, run } of contractOf(() => new MeanReturnModel())) it(`accepts a model that ${name}`, run);
});

/** A model that reports something else than it does. */
function reporting(change: (event: Progress) => Progress | undefined): () => MeanReturnModel {
  return () =>
    new (class extends MeanReturnModel {
      override fit(on: CrossSectionBatch, options: FitOptions<CrossSectionBatch> = {}): Promise<FitSummary> {
        const onProgress = (event: Progress): void => {
          const changed = change(event);
          if (changed) options.onProgress?.(changed);
        };
        return super.fit(on, { ...options, onProgress });
      }
    })();
}

describe('the estimator contract catches progress', () => {
  const defects: Readonly<Record<string, (event: Progress) => Progress | undefined>> = {
    'with a phase that is a sentence': (event) => ({ ...event, phase: 'date 3 of 5' }),
    'with steps that start anew': (event) => ({ ...event, step: event.step > 3 ? 1 : event.step }),
    'with steps from 0': (event) => ({ ...event, step: event.step - 1 }),
    'that ends before its total': (event) => (event.step < 5 ? event : undefined),
    'beyond its total': (event) => ({ ...event, total: 3 }),
    'of a member that does not exist': (event) => ({ ...event, member: { index: 2, of: 2 } }),
    'with a share that falls': (event) => ({ ...event, fraction: 1 / event.step }),
    'with a share that ends halfway': (event) => ({ ...event, fraction: event.step / 10 }),
    'with metrics that JSON cannot hold': (event) => ({ ...event, metrics: { loss: Number.NaN } }),
  };
  for (const [defect, change] of Object.entries(defects))
    it(defect, async () => {
      const check = contractOf(reporting(change)).find(({ name }) => name.includes('progress'));
      await expect(check?.run()).rejects.toThrow(AssertionError);
    });
});

describe('the estimator contract catches a model that', () => {
  const MeanFit = MeanReturnModel.prototype.fit;
  let draws = 0;
  const defects: readonly [defect: string, broken: string, create: () => MeanReturnModel][] = [
    [
      'predicts without a fit',
      'refuses to extract, predict or save before fit',
      () =>
        new (class extends MeanReturnModel {
          override mean: number | undefined = 0;
        })(),
    ],
    [
      'draws from an unseeded source',
      'gives equal bits for equal configuration and data',
      () =>
        new (class extends MeanReturnModel {
          override async predict(on: CrossSectionBatch): Promise<{ expected: Float64Array }> {
            const { expected } = await super.predict(on);
            return { expected: expected.map((x) => x + ++draws) };
          }
        })(),
    ],
    [
      'averages with its earlier fit',
      'forgets an earlier fit when it is fitted again',
      () =>
        new (class extends MeanReturnModel {
          override async fit(on: CrossSectionBatch, options = {}): Promise<FitSummary> {
            const earlier = this.mean;
            const summary = await super.fit(on, options);
            if (earlier !== undefined && this.mean !== undefined) this.mean = (this.mean + earlier) / 2;
            return summary;
          }
        })(),
    ],
    [
      'changes the returns it was given',
      'leaves its inputs as they were',
      () =>
        new (class extends MeanReturnModel {
          override async fit(on: CrossSectionBatch, options = {}): Promise<FitSummary> {
            const summary = await super.fit(on, options);
            on.requireReturns('test')[0] += 1e-9;
            return summary;
          }
        })(),
    ],
    [
      'forgets its fit when aborted',
      'keeps the earlier fit when a refit is aborted',
      () =>
        new (class extends MeanReturnModel {
          override async fit(on: CrossSectionBatch, options = {}): Promise<FitSummary> {
            this.mean = undefined;
            return super.fit(on, options);
          }
        })(),
    ],
    [
      'ignores the abort signal',
      'keeps the earlier fit when a refit is aborted',
      () =>
        new (class extends MeanReturnModel {
          override fit(on: CrossSectionBatch): Promise<FitSummary> {
            return super.fit(on);
          }
        })(),
    ],
    [
      'hands out what it keeps',
      'hands out nothing by which its fit can be changed',
      () =>
        new (class extends MeanReturnModel {
          #kept: Float64Array = new Float64Array(0);
          override async predict(on: CrossSectionBatch): Promise<{ expected: Float64Array }> {
            if (this.#kept.length === 0) this.#kept = (await super.predict(on)).expected;
            return { expected: this.#kept };
          }
        })(),
    ],
    [
      'has a getter for a list that it keeps',
      'hands out nothing by which its fit can be changed',
      () =>
        new (class extends MeanReturnModel {
          readonly #names = ['a', 'b'];
          get names(): readonly string[] {
            return this.#names;
          }
        })(),
    ],
    [
      'takes any option of a fit',
      'refuses what is no batch or no option of a fit, by name',
      () =>
        new (class extends MeanReturnModel {
          override fit(on: CrossSectionBatch, { signal, validation }: FitOptions<CrossSectionBatch> = {}) {
            return super.fit(on, { signal, validation });
          }
        })(),
    ],
    [
      'saves in single precision',
      'restores the fit from its artifact, bit for bit',
      () =>
        new (class extends MeanReturnModel {
          override async save(path: string): Promise<void> {
            const exact = this.mean;
            if (exact !== undefined) this.mean = Math.fround(exact);
            await super.save(path);
            this.mean = exact;
          }
        })(),
    ],
    [
      'has a configuration that can be changed',
      'has a frozen configuration that JSON can hold',
      () =>
        new (class extends MeanReturnModel {
          override readonly config = { seed: 42 };
        })(),
    ],
    [
      'lets one missing return spoil the rest',
      'handles missing values without losing everything or changing its input',
      () =>
        new (class extends MeanReturnModel {
          override async fit(on: CrossSectionBatch, options = {}): Promise<FitSummary> {
            const summary = await super.fit(on, options);
            this.mean = on.requireReturns('test').reduce((a, b) => a + b, 0);
            return summary;
          }
        })(),
    ],
    [
      'loses its fit when a refit fails',
      'keeps the earlier fit when a refit fails',
      () =>
        new (class extends MeanReturnModel {
          override async fit(on: CrossSectionBatch, options = {}): Promise<FitSummary> {
            try {
              return await MeanFit.call(this, on, options);
            } catch (error) {
              this.mean = undefined;
              throw error;
            }
          }
        })(),
    ],
  ];

  it.each(defects)('%s', async (_, broken, create) => {
    const check = contractOf(create).find(({ name }) => name === broken);
    expect(check).toBeDefined();
    await expect(check?.run()).rejects.toThrow();
  });
});
