import { AbortedError, ConfigError, CrossSectionBatch, NotIdentifiedError, type Progress } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  StochasticDiscountFactorModel,
  type StochasticDiscountFactorConfigInput,
  type StochasticDiscountFactorPhase,
} from '../src/index.ts';
import { changed, smallConfig, smallPanel } from './small.ts';

const batch = smallPanel({ nDates: 24 });
const [train, validation, test] = [batch.slice(0, 14), batch.slice(14, 18), batch.slice(18)];
const hole = Number.NaN;

async function fitted(
  on: CrossSectionBatch = train,
  config: StochasticDiscountFactorConfigInput = {},
): Promise<StochasticDiscountFactorModel> {
  const model = new StochasticDiscountFactorModel({ ...smallConfig, ...config });
  await model.fit(on);
  return model;
}

/** Rows of `all` whose position is not in `left`. */
function without(all: CrossSectionBatch, left: ReadonlySet<number>): CrossSectionBatch {
  const kept = Array.from({ length: all.nRows }, (_, row) => row).filter((row) => !left.has(row));
  const p = all.nCharacteristics;
  return CrossSectionBatch.fromArrays({
    timestamps: all.timestamps,
    rowOffsets: Array.from(all.index.rowOffsets, (offset) => kept.filter((row) => row < offset).length),
    assetIndex: kept.map((row) => all.index.assetIndex[row]),
    assetIds: all.assetIds,
    characteristicNames: all.characteristicNames,
    characteristics: Float64Array.from(
      kept.flatMap((row) => [...all.characteristics.subarray(row * p, (row + 1) * p)]),
    ),
    returns: Float64Array.from(kept, (row) => all.requireReturns('test')[row]),
    contextNames: all.contextNames,
    contextFeatures: all.contextFeatures,
  });
}

describe('missing characteristics and absent assets', () => {
  const left = new Set([3, 17, 40, 41, 90]);

  it('a row with a missing characteristic trains the model exactly as if it were not there', async () => {
    const p = train.nCharacteristics;
    const holes = train.withCharacteristics(
      changed(train.characteristics, (value, at) =>
        // Each of these rows misses one characteristic and keeps the others.
        left.has(Math.floor(at / p)) && at % p === Math.floor(at / p) % p ? hole : value,
      ),
    );
    const expected = await (await fitted(without(train, left))).extract(test);
    const found = await (await fitted(holes)).extract(test);
    expect(found.weights).toEqual(expected.weights);
    expect(found.weights.every(Number.isFinite)).toBe(true);
  });

  it('gives NaN for that row alone', async () => {
    const model = await fitted(train, { weightNormalization: 'none', normalizeByAssetCount: false });
    const full = await model.extract(test);
    const holes = test.withCharacteristics(
      changed(test.characteristics, (value, at) => (at === 4 * test.nCharacteristics + 1 ? hole : value)),
    );
    const { weights } = await model.extract(holes);
    expect([...weights]).toEqual([...full.weights].map((weight, row) => (row === 4 ? hole : weight)));
  });
});

describe('future returns', () => {
  it('never change weights, whether they are other numbers, missing, or not on the batch at all', async () => {
    const model = await fitted();
    const { weights } = await model.extract(test);
    const returns = test.requireReturns('test');
    for (const other of [
      test.withReturns(changed(returns, (value, at) => (at % 3 === 0 ? hole : value))),
      test.withReturns(changed(returns, (value) => -5 * value)),
      test.withoutReturns(),
    ]) {
      const state = await model.extract(other);
      expect(state.weights).toEqual(weights);
    }
    const { sdfValues } = await model.extract(test.withoutReturns());
    expect(sdfValues.every(Number.isNaN)).toBe(true);
  });

  it('count in M only where they are known', async () => {
    const model = await fitted();
    const returns = changed(test.requireReturns('test'), (value, at) => (at % 3 === 0 ? hole : value));
    const { weights, sdfValues, index } = await model.extract(test.withReturns(returns));
    for (let t = 0; t < index.nDates; t++) {
      let sum = 0;
      for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++)
        if (!Number.isNaN(returns[row])) sum += weights[row] * returns[row];
      expect(sdfValues[t]).toBeCloseTo(1 - sum, 12);
    }
  });

  it('of a training row do not count towards N_t either', async () => {
    const model = new StochasticDiscountFactorModel({ ...smallConfig, weightNormalization: 'none' });
    await model.fit(train);
    const { weights } = await model.extract(test);
    const returns = changed(test.requireReturns('test'), (_, at) => (at < 6 ? hole : 0.1));
    expect((await model.extract(test.withReturns(returns))).weights).toEqual(weights);
  });
});

describe('units of returns', () => {
  it('that are powers of two change no bit of the weights', async () => {
    const { weights } = await (await fitted()).extract(test);
    for (const unit of [2 ** -13, 2 ** 13]) {
      const inUnit = (on: CrossSectionBatch): CrossSectionBatch =>
        on.withReturns(changed(on.requireReturns('test'), (value) => value * unit));
      expect((await (await fitted(inUnit(train))).extract(inUnit(test))).weights).toEqual(weights);
    }
  });

  it('play no part in the loss, and M prices alike', async () => {
    const raw = { weightNormalization: 'none' as const };
    const percent = train.withReturns(changed(train.requireReturns('test'), (value) => 100 * value));
    const [a, b] = [await fitted(train, raw), await fitted(percent, raw)];
    a.fitSummary.history.forEach(({ metrics: { loss } }, at) =>
      expect(b.fitSummary.history[at].metrics.loss / loss).toBeCloseTo(1, 4),
    );
    const [one, other] = [await a.extract(train), await b.extract(percent)];
    one.sdfValues.forEach((m, t) => expect(other.sdfValues[t]).toBeCloseTo(m, 4));
    expect(one.pricingKernel).toEqual(one.sdfValues);
  });

  it.each([0, 0.001, -3, 1e-9])('are not made up where all returns are %p', async (value) => {
    const still = train.withReturns(changed(train.requireReturns('test'), (_, at) => value * (1 + (at % 2) * 2e-16)));
    await expect(new StochasticDiscountFactorModel(smallConfig).fit(still)).rejects.toThrow(NotIdentifiedError);
  });
});

it('says so where characteristics are not ranks', async () => {
  expect((await fitted()).fitSummary.notes.join()).not.toContain('rank-normalise');
  const dollars = train.withCharacteristics(changed(train.characteristics, (c, at) => (at % 3 === 0 ? 1e6 * c : c)));
  expect((await fitted(dollars)).fitSummary.notes.join()).toMatch(/go up to .*e\+6: rank-normalise them/);
});

describe('exposures', () => {
  it('are weights times the number of assets, before normalisation', async () => {
    const state = await (await fitted(train, { weightNormalization: 'none' })).extract(test);
    const normalised = await (await fitted()).extract(test);
    expect(normalised.exposures).toEqual(state.exposures);
    expect(normalised.pricingKernel).toEqual(state.sdfValues);
    const { rowOffsets } = test.index;
    for (let t = 0; t < test.nDates; t++)
      for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++)
        expect(state.weights[row] * (rowOffsets[t + 1] - rowOffsets[t])).toBeCloseTo(state.exposures?.[row] ?? NaN, 12);
  });
});

describe('context further out than in training', () => {
  const shifted = (on: CrossSectionBatch, by: number): CrossSectionBatch =>
    new CrossSectionBatch({ ...on, contextFeatures: on.contextFeatures?.map((z, at) => (at % 2 === 0 ? z + by : z)) });

  it('is named where weights are extracted, and in the summary where it is that of the validation', async () => {
    const model = await fitted(train, { contextTransform: 'levels' });
    expect((await model.extract(train)).notes).toEqual([]);
    const { notes } = await model.extract(shifted(test, 30));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/Context series x .* outside on (\d+) of \1 dates .* Use 'detrended'/);
    const validated = new StochasticDiscountFactorModel({ ...smallConfig, contextTransform: 'levels' });
    const summary = await validated.fit(train, { validation: shifted(test, 30) });
    expect(summary.notes.join()).toMatch(/Validation: Context series x/);
  });

  it('is what the layers see, so a trend that is taken out is none of it', async () => {
    const trending = (on: CrossSectionBatch): CrossSectionBatch =>
      new CrossSectionBatch({
        ...on,
        contextFeatures: on.contextFeatures?.map((z, at) => z + on.timestamps[Math.floor(at / 2)] / (20 * 86400e3)),
      });
    // Right after the dates of the fit: dates are counted, and a gap is one step.
    const later = trending(batch.slice(14));
    const notesWith = async (contextTransform: 'levels' | 'detrended'): Promise<number> =>
      (await (await fitted(trending(train), { contextTransform })).extract(later)).notes.length;
    expect(await notesWith('levels')).toBe(2);
    expect(await notesWith('detrended')).toBe(0);
  });
});

describe('weights', () => {
  it('sum to one in absolute value at every date', async () => {
    const { weights, index } = await (await fitted(train, { ensembleSize: 2 })).extract(test);
    for (let t = 0; t < index.nDates; t++) {
      const sum = weights.subarray(index.rowOffsets[t], index.rowOffsets[t + 1]).reduce((s, w) => s + Math.abs(w), 0);
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  it('of an ensemble are the mean of its members, each the model of its own seed', async () => {
    const raw = { weightNormalization: 'none' as const };
    const members = [await fitted(train, raw), await fitted(train, { ...raw, seed: 43 })];
    const ensemble = await fitted(train, { ...raw, ensembleSize: 2 });
    const [a, b] = [await members[0].extract(test), await members[1].extract(test)];
    const { weights } = await ensemble.extract(test);
    expect(Math.max(...weights.map((w, i) => Math.abs(w - (a.weights[i] + b.weights[i]) / 2)))).toBeLessThan(1e-12);
    expect(Math.max(...a.weights.map((w, i) => Math.abs(w - b.weights[i])))).toBeGreaterThan(1e-4);
  });

  it('do not depend on the number of threads', async () => {
    const one = await (await fitted(train, { threads: 1 })).extract(test);
    const two = await (await fitted(train, { threads: 2 })).extract(test);
    expect(two.weights).toEqual(one.weights);
  });
});

describe('the recurrent state', () => {
  it('goes on from training through validation: a date has the same weights however a batch is cut', async () => {
    const model = new StochasticDiscountFactorModel(smallConfig);
    await model.fit(train, { validation });
    const whole = await model.extract(batch.slice(0, 24));
    const rows = (from: number, to: number): Float64Array =>
      whole.weights.slice(batch.index.rowOffsets[from], batch.index.rowOffsets[to]);
    for (const [from, to] of [
      [0, 14],
      [5, 9],
      [14, 18],
      [18, 24],
    ])
      expect((await model.extract(batch.slice(from, to))).weights).toEqual(rows(from, to));
  });

  it('starts from zero before the dates of the fit, and so differs from the state that goes on after them', async () => {
    const model = await fitted(train);
    const { weights } = await model.extract(test);
    const earlier = CrossSectionBatch.fromArrays({
      characteristicNames: test.characteristicNames,
      characteristics: test.characteristics,
      contextNames: test.contextNames,
      contextFeatures: test.contextFeatures,
      timestamps: test.timestamps.map((time) => time - 40 * 366 * 864e5),
      rowOffsets: test.index.rowOffsets,
      assetIndex: test.index.assetIndex,
      assetIds: test.assetIds,
    });
    const cold = await model.extract(earlier);
    const first = test.index.rowOffsets[1];
    const apart = Math.max(...weights.subarray(0, first).map((w, row) => Math.abs(w - cold.weights[row])));
    expect(apart).toBeGreaterThan(1e-5);
  });
});

describe('checkpoints', () => {
  it('have labels of phase and epoch; the default is conditional, the best where there is a validation', async () => {
    const model = new StochasticDiscountFactorModel({ ...smallConfig, checkpointInterval: 1 });
    const summary = await model.fit(train, { validation });
    expect(model.checkpoints).toEqual(
      expect.arrayContaining(['unconditional/epoch-2', 'conditional/epoch-2', 'conditional/epoch-4']),
    );
    expect(summary.defaultCheckpoint).toBe('conditional/best');
    // The best is the least validation loss after the burn-in of one epoch.
    const eligible = summary.history.filter(({ phase, step }) => phase === 'conditional' && step > 1);
    const least = eligible.reduce((a, b) => (b.metrics.validationLoss < a.metrics.validationLoss ? b : a));
    const best = await model.extract(test);
    expect(best.checkpoint).toBe('conditional/best');
    expect(best.weights).toEqual(
      (await model.extract(test, { checkpoint: `conditional/epoch-${least.step}` })).weights,
    );
    expect((await fitted()).defaultCheckpoint).toBe('conditional/last');
  });

  it('best by validation of a phase are where the next one starts', async () => {
    const options = { ...smallConfig, dropout: 0, subEpochs: 1, learningRate: 0.2, nEpochsMoment: 0, nEpochsCond: 1 };
    const full = new StochasticDiscountFactorModel({ ...options, nEpochsUnc: 8, checkpointInterval: 1 });
    const { history } = await full.fit(train, { validation });
    const eligible = history.filter(({ phase, step }) => phase === 'unconditional' && step > 1);
    const best = eligible.reduce((a, b) => (b.metrics.validationLoss < a.metrics.validationLoss ? b : a)).step;
    // The panel and the rate are such that it is not the last one, which would prove nothing.
    expect(best).toBeLessThan(8);
    // Stopped there, without a validation, the conditional phase begins from the same state.
    const short = new StochasticDiscountFactorModel({ ...options, nEpochsUnc: best });
    const shorter = await short.fit(train);
    const first = (entries: typeof history): number =>
      entries.filter(({ phase }) => phase === 'conditional')[0].metrics.loss;
    expect(first(shorter.history)).toBe(first(history));
  });

  it('of more unconditional than conditional epochs still default to the conditional phase', async () => {
    const model = await fitted(train, { nEpochsUnc: 6, nEpochsCond: 2 });
    expect(model.defaultCheckpoint).toBe('conditional/last');
    const { weights } = await model.extract(test);
    expect(weights).not.toEqual((await model.extract(test, { checkpoint: 'unconditional/last' })).weights);
  });

  it('are unconditional by default only when the configuration has no conditional phase', async () => {
    const model = await fitted(train, { nEpochsCond: 0 });
    expect(model.defaultCheckpoint).toBe('unconditional/last');
    expect(
      () => new StochasticDiscountFactorModel({ nEpochsCond: 0, defaultCheckpoint: 'conditional/epoch-3' }),
    ).toThrow(ConfigError);
  });

  it('that do not exist are an error that lists those that do', async () => {
    const model = await fitted();
    await expect(model.extract(test, { checkpoint: 'conditional/epoch-999' })).rejects.toThrow(/conditional\/last/);
    // Labels as they were are read.
    expect((await model.extract(test, { checkpoint: 'conditional:last' })).checkpoint).toBe('conditional/last');
    await expect(fitted(train, { defaultCheckpoint: 'conditional/epoch-999' })).rejects.toThrow(/defaultCheckpoint/);
  });
});

describe('the residual term', () => {
  it('raises the variation that weights explain as loadings, and is no part of the fit at weight 0', async () => {
    const statistics = async (residualWeight: number): Promise<number> => {
      const model = await fitted(train, { residualWeight, nEpochsUnc: 20, nEpochsCond: 20, dropout: 0 });
      return (await model.statistics(train)).explainedVariation;
    };
    expect(await statistics(1)).toBeGreaterThan((await statistics(0)) + 0.02);
  });

  it('is one less the explained variation of the outputs', async () => {
    const config = {
      weightNormalization: 'none',
      nEpochsUnc: 0,
      nEpochsMoment: 0,
      nEpochsCond: 1,
      subEpochs: 1,
      dropout: 0,
    } as const;
    const lossOf = async (residualWeight: number): Promise<number> => {
      // The rate leaves the weights where they were to seven digits: the loss before the step is that of the state after it.
      const model = new StochasticDiscountFactorModel({
        ...smallConfig,
        ...config,
        learningRate: 1e-9,
        residualWeight,
      });
      const { history, trainMetrics } = await model.fit(train);
      const [{ metrics }] = history;
      return residualWeight === 0 ? metrics.loss : metrics.loss - (1 - trainMetrics.explainedVariation);
    };
    // Float32 sums of some two hundred squares.
    expect(Math.abs((await lossOf(1)) - (await lossOf(0)))).toBeLessThan(1e-5);
  });
});

describe('the unconditional phase', () => {
  it('does not see the residual term, which is blind to the sign of weights', async () => {
    const phaseOne = async (residualWeight: number): Promise<number[]> => {
      const { history } = await new StochasticDiscountFactorModel({ ...smallConfig, residualWeight }).fit(train);
      return history.filter(({ phase }) => phase === 'unconditional').map(({ metrics }) => metrics.loss);
    };
    expect(await phaseOne(1)).toEqual(await phaseOne(0));
    expect(() => new StochasticDiscountFactorModel({ residualWeight: 1, nEpochsCond: 0 })).toThrow(ConfigError);
  });
});

describe('progress of a fit', () => {
  it('names the phases, and its share runs over all epochs of all members', async () => {
    const schedule = { ensembleSize: 2, nEpochsUnc: 3, nEpochsMoment: 2, nEpochsCond: 5 };
    const events: Progress<StochasticDiscountFactorPhase>[] = [];
    const model = new StochasticDiscountFactorModel({ ...smallConfig, ...schedule });
    await model.fit(train, { validation, onProgress: (event) => events.push(event) });
    expect(events.map(({ phase, step, total, member }) => [member?.index, phase, step, total]).slice(0, 7)).toEqual([
      [0, 'unconditional', 1, 3],
      [0, 'unconditional', 2, 3],
      [0, 'unconditional', 3, 3],
      [0, 'moment', 1, 2],
      [0, 'moment', 2, 2],
      [0, 'conditional', 1, 5],
      [0, 'conditional', 2, 5],
    ]);
    events.forEach(({ fraction }, at) => expect(fraction).toBeCloseTo((at + 1) / 20, 12));
    expect(Object.keys(events[0].metrics ?? {})).toEqual(['loss', 'validationLoss', 'validationSharpe']);
    // @ts-expect-error: there is no such phase, and the compiler says so
    expect(events.some(({ phase }) => phase === 'conditional, epoch')).toBe(false);
  });
});

describe('an aborted fit', () => {
  const abortAt = async (
    phase: StochasticDiscountFactorPhase,
    step: number,
    config: StochasticDiscountFactorConfigInput = {},
    member = 0,
  ): Promise<StochasticDiscountFactorModel> => {
    const model = new StochasticDiscountFactorModel({ ...smallConfig, ...config });
    const controller = new AbortController();
    const fit = model.fit(train, {
      signal: controller.signal,
      onProgress: (progress) => {
        const there = progress.member?.index === member && progress.phase === phase && progress.step === step;
        if (there) controller.abort();
      },
    });
    await expect(fit).rejects.toThrow(AbortedError);
    return model;
  };

  it('leaves the last finished epoch of the conditional phase usable, equal to a fit of so many epochs', async () => {
    const model = await abortAt('conditional', 2);
    expect(model.isFitted).toBe(true);
    expect(model.defaultCheckpoint).toBe('conditional/last');
    const shorter = await fitted(train, { nEpochsCond: 2 });
    expect((await model.extract(test)).weights).toEqual((await shorter.extract(test)).weights);
  });

  it('says so in its summary, with the history up to there, and can be saved and loaded', async () => {
    const model = await abortAt('conditional', 2, { checkpointInterval: 1 });
    const { stopReason, iterations, history, notes } = model.fitSummary;
    expect({ stopReason, iterations }).toEqual({ stopReason: 'aborted', iterations: 3 + 2 + 2 });
    expect(history[history.length - 1]).toMatchObject({ phase: 'conditional', unit: 'epoch', step: 2 });
    expect(notes).toHaveLength(1);
    const folder = await mkdtemp(join(tmpdir(), 'ml4t-sdf-'));
    try {
      const path = join(folder, 'aborted.model');
      await model.save(path);
      const loaded = await StochasticDiscountFactorModel.load(path);
      expect(loaded.fitSummary.stopReason).toBe('aborted');
      expect(loaded.checkpoints).toEqual(model.checkpoints);
      for (const checkpoint of model.checkpoints)
        expect((await loaded.extract(test, { checkpoint })).weights).toEqual(
          (await model.extract(test, { checkpoint })).weights,
        );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('of an ensemble keeps its whole members: here the first, as a model of one', async () => {
    const model = await abortAt('moment', 1, { ensembleSize: 2 }, 1);
    expect(model.fitSummary.runRecord.dimensions.members).toBe(1);
    expect((await model.extract(test)).weights).toEqual((await (await fitted()).extract(test)).weights);
  });

  it('that was a refit leaves the earlier fit, summary and all', async () => {
    const model = await fitted();
    const { weights } = await model.extract(test);
    const summary = model.fitSummary;
    const controller = new AbortController();
    const onProgress = ({ phase }: Progress<StochasticDiscountFactorPhase>): void => {
      if (phase === 'conditional') controller.abort();
    };
    await expect(model.fit(batch, { signal: controller.signal, onProgress })).rejects.toThrow(AbortedError);
    expect(model.fitSummary).toBe(summary);
    expect((await model.extract(test)).weights).toEqual(weights);
  });

  it('before the conditional phase has no default: an unconditional state must be asked for', async () => {
    const model = await abortAt('unconditional', 2);
    expect(model.defaultCheckpoint).toBeUndefined();
    await expect(model.extract(test)).rejects.toThrow(/unconditional\/last/);
    expect((await model.extract(test, { checkpoint: 'unconditional/last' })).weights.every(Number.isFinite)).toBe(true);
  });
});
