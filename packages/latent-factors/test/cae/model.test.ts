import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, CrossSectionBatch, DataError, NotIdentifiedError, totalR2, type Progress } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import {
  BetaLambdaMapper,
  CAEModel,
  ExpandingMeanFactorForecaster,
  LatentFactorForecastPipeline,
} from '../../src/index.ts';
import { largestDifference } from '../golden/load.ts';
import { quick, smallPanel, withGaps } from './panel.ts';

// Against hanging only: each takes about a second on an idle core.
const panel = smallPanel(1);
const { batch } = panel;
const [train, validation, test] = [batch.slice(0, 15), batch.slice(15, 22), batch.slice(22)];
const returnsOf = (of: CrossSectionBatch): Float64Array => of.requireReturns('this test');

describe('CAEModel: ensembles', () => {
  it.each(['managed', 'regression'] as const)('fit and forecast are the means of the members (%s)', async (factors) => {
    const model = new CAEModel({ ...quick, ensembleSize: 3, factors });
    await model.fit(train, { validation });
    const [state, members] = [await model.extract(test), await model.extractMembers(test)];
    const [training, membersTraining] = [await model.extract(train), await model.extractMembers(train)];
    expect(state.nFactors).toBe(6);
    expect(state.factorNames[3]).toBe('member2.factor2');
    const forecasts = (s: typeof state, before: typeof state): Float64Array => {
      const forecaster = new ExpandingMeanFactorForecaster();
      forecaster.fit(before);
      return new BetaLambdaMapper().predict(s, forecaster.predict(s)).expectedReturns;
    };
    const mean = (of: readonly Float64Array[]): Float64Array =>
      of[0].map((_, row) => of.reduce((sum, values) => sum + values[row], 0) / of.length);
    const own = members.map((m) => m.fittedReturns());
    // Sums of six products in float64: rounding of numbers below one.
    expect(largestDifference(state.fittedReturns(), mean(own))).toBeLessThan(1e-13);
    const ownForecasts = members.map((m, i) => forecasts(m, membersTraining[i]));
    expect(largestDifference(forecasts(state, training), mean(ownForecasts))).toBeLessThan(1e-13);
    // A mean never has more squared error than its parts on average (convexity); the slack is rounding.
    const r2 = (fit: Float64Array): number => totalR2(returnsOf(test), fit);
    expect(r2(state.fittedReturns())).toBeGreaterThanOrEqual(own.reduce((s, fit) => s + r2(fit), 0) / 3 - 1e-12);
    expect(r2(forecasts(state, training))).toBeGreaterThanOrEqual(
      ownForecasts.reduce((s, fit) => s + r2(fit), 0) / 3 - 1e-12,
    );
  });

  it('starts member m from seed + m, so that the first member is the single model', async () => {
    const single = new CAEModel({ ...quick, ensembleSize: 1, seed: 43 });
    const several = new CAEModel({ ...quick, ensembleSize: 3, seed: 42 });
    await single.fit(train);
    await several.fit(train);
    const [alone] = await single.extractMembers(test);
    const second = (await several.extractMembers(test))[1];
    expect(second.betas).toEqual(alone.betas);
    expect((await single.extract(test)).factorNames).toEqual(['factor1', 'factor2']);
  });

  it('identifies every member: unit second moment of betas, factors uncorrelated about zero, descending, means not negative', async () => {
    for (const factors of ['managed', 'regression'] as const) {
      const model = new CAEModel({ ...quick, factors, nFactors: 3, lambdaL1: 0 });
      await model.fit(train);
      for (const { betas, factorReturns } of await model.extractMembers(train)) {
        const moment = (values: Float64Array, a: number, b: number): number => {
          let sum = 0;
          for (let at = 0; at < values.length; at += 3) sum += values[at + a] * values[at + b];
          return (3 * sum) / values.length;
        };
        const size = [0, 1, 2].map((k) => moment(factorReturns, k, k));
        expect(size[0]).toBeGreaterThan(size[1]);
        expect(size[1]).toBeGreaterThan(size[2]);
        for (const [a, b] of [
          [0, 0],
          [0, 1],
          [0, 2],
          [1, 1],
          [1, 2],
          [2, 2],
        ]) {
          // Float32 betas enter, the rotation itself is float64.
          expect(Math.abs(moment(betas, a, b) - (a === b ? 1 : 0))).toBeLessThan(1e-9);
          if (a !== b) expect(Math.abs(moment(factorReturns, a, b))).toBeLessThan(1e-9 * size[0]);
        }
        for (let k = 0; k < 3; k++) {
          let sum = 0;
          for (let t = 0; t < 15; t++) sum += factorReturns[t * 3 + k];
          expect(sum).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });
});

describe('CAEModel: information', () => {
  it.each(['managed', 'regression'] as const)(
    'extracts nothing from other dates, and no beta from a return (%s)',
    async (factors) => {
      const model = new CAEModel({ ...quick, factors });
      await model.fit(train, { validation });
      const before = await model.extract(test);
      const cut = test.index.rowOffsets[4];
      const p = test.nCharacteristics;
      const later = test
        .withCharacteristics(test.characteristics.map((c, at) => (at >= cut * p ? -c * c : c)))
        .withReturns(returnsOf(test).map((r, row) => (row >= cut ? 5 - r : r)));
      const after = await model.extract(later);
      const k = before.nFactors;
      expect(after.betas.subarray(0, cut * k)).toEqual(before.betas.subarray(0, cut * k));
      expect(after.factorReturns.subarray(0, 4 * k)).toEqual(before.factorReturns.subarray(0, 4 * k));
      expect(after.factorReturns[4 * k]).not.toBe(before.factorReturns[4 * k]);
      const { betas, factorReturns } = await model.extract(test.withoutReturns());
      expect(betas).toEqual(before.betas);
      expect(factorReturns.every(Number.isNaN)).toBe(true);
      // Nor from how many dates come with it.
      expect((await model.extract(test.slice(0, 4))).betas).toEqual(before.betas.subarray(0, cut * k));
    },
  );

  it('takes no estimate from the validation batch: only where to stop and which epoch is best', async () => {
    const [a, b] = [new CAEModel({ ...quick, patience: null }), new CAEModel({ ...quick, patience: null })];
    await a.fit(train, { validation });
    await b.fit(train, { validation: test });
    const last = { checkpoint: 'last' };
    expect((await a.extract(test, last)).betas).toEqual((await b.extract(test, last)).betas);
  });

  it('does not mind missing entries: the other rows stay as they are, the missing ones are NaN', async () => {
    for (const factors of ['managed', 'regression'] as const) {
      const model = new CAEModel({ ...quick, factors });
      await model.fit(withGaps(train));
      const [full, gaps] = [await model.extract(test), await model.extract(withGaps(test))];
      const { characteristics, nCharacteristics: p } = withGaps(test);
      for (let row = 0; row < test.nRows; row++) {
        const missing = characteristics.subarray(row * p, (row + 1) * p).some(Number.isNaN);
        if (missing) expect(gaps.betasOfRow(row).every(Number.isNaN)).toBe(true);
        else expect(gaps.betasOfRow(row)).toEqual(full.betasOfRow(row));
      }
      expect(gaps.factorReturns.every(Number.isFinite)).toBe(true);
      // The same fit as without the rows that have a gap.
      const kept = Array.from({ length: train.nRows }, (_, row) => row).filter((row) => {
        const { characteristics: z, returns } = withGaps(train);
        return !z.subarray(row * p, (row + 1) * p).some(Number.isNaN) && !Number.isNaN(returns?.[row]);
      });
      const shorter = CrossSectionBatch.fromArrays({
        timestamps: train.timestamps,
        rowOffsets: Int32Array.from(train.index.rowOffsets, (end) => kept.filter((row) => row < end).length),
        assetIndex: kept.map((row) => train.index.assetIndex[row]),
        assetIds: train.assetIds,
        characteristicNames: train.characteristicNames,
        characteristics: kept.flatMap((row) => [...train.characteristics.subarray(row * p, (row + 1) * p)]),
        returns: kept.map((row) => returnsOf(train)[row]),
      });
      const other = new CAEModel({ ...quick, factors });
      await other.fit(shorter);
      // Only rounding differs: the portfolios' moments are summed in blocks, and betas of rows without a return count in
      // the choice of coordinates. Fits are of order .1 and training is in float32.
      const [one, two] = [full.fittedReturns(), (await other.extract(test)).fittedReturns()];
      expect(largestDifference(one, two)).toBeLessThan(1e-5);
    }
  });
});

describe('CAEModel: checkpoints, validation, persistence', () => {
  it('offers the grid, the best by validation and the last; best is the default with validation only', async () => {
    const model = new CAEModel({ ...quick, patience: null });
    const alone = await model.fit(train);
    expect(model.checkpoints).toEqual(['epoch-2', 'epoch-4', 'epoch-6', 'last']);
    expect(alone.defaultCheckpoint).toBe('last');
    const summary = await model.fit(train, { validation });
    expect(model.checkpoints).toEqual(['epoch-2', 'epoch-4', 'epoch-6', 'best', 'last']);
    expect(summary.defaultCheckpoint).toBe('best');
    expect((await model.extract(test)).checkpoint).toBe('best');
    const last = await model.extract(test, { checkpoint: 'last' });
    expect((await model.extract(test, { checkpoint: 'epoch-6' })).betas).toEqual(last.betas);
    expect((await model.extract(test, { checkpoint: 'epoch-2' })).betas).not.toEqual(last.betas);
    await expect(model.extract(test, { checkpoint: 'epoch-3' })).rejects.toThrow(/epoch-2, epoch-4/);
  });

  it('keeps only checkpoints that every member has, when members stop at different epochs', async () => {
    const model = new CAEModel({
      ...quick,
      ensembleSize: 3,
      nEpochs: 60,
      learningRate: 0.05,
      patience: 3,
      checkpointInterval: 1,
      schedule: { decay: 1 },
    });
    const summary = await model.fit(train, { validation });
    const lasts = model.members.map(({ lastEpoch }) => lastEpoch);
    expect(new Set(lasts).size).toBeGreaterThan(1);
    expect(model.checkpoints).toContain(`epoch-${Math.min(...lasts)}`);
    expect(model.checkpoints).not.toContain(`epoch-${Math.min(...lasts) + 1}`);
    expect(summary.stopReason).toBe('early-stopping');
    expect(summary.converged).toBe(true);
    // Every member has a line of history for each of its epochs.
    expect(summary.history.map(({ member, step }) => [member, step])).toEqual(
      lasts.flatMap((last, member) => Array.from({ length: last }, (_, i) => [member, i + 1])),
    );
    // The best of a member is the epoch with its least validation loss, so stopping follows it by the patience.
    for (const { bestEpoch, lastEpoch } of model.members) expect(lastEpoch - (bestEpoch ?? 0)).toBe(3);
  });

  it('uses the configured default, and says so when a member never reached it', async () => {
    const model = new CAEModel({ ...quick, defaultCheckpoint: 4 });
    expect((await model.fit(train, { validation })).defaultCheckpoint).toBe('epoch-4');
    const hasty = new CAEModel({
      ...quick,
      nEpochs: 80,
      learningRate: 0.05,
      schedule: { decay: 1 },
      patience: 2,
      defaultCheckpoint: 80,
    });
    const summary = await hasty.fit(train, { validation });
    expect(summary.defaultCheckpoint).toBe('best');
    expect(summary.notes.join(' ')).toMatch(/not epoch-80: a member stopped before it/);
    await expect(new CAEModel({ ...quick, defaultCheckpoint: 'best' }).fit(train)).rejects.toThrow(ConfigError);
  });

  it('saves all members at all checkpoints, with the portfolios it was given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ml4t-cae-'));
    try {
      const { truth } = panel;
      const managedPortfolios = {
        names: batch.characteristicNames,
        timestamps: batch.timestamps,
        values: truth.managedFactors,
      };
      const model = new CAEModel({ ...quick, patience: 2, checkpointAt: [1, 3] });
      await model.fit(train, { validation, managedPortfolios });
      await model.save(join(folder, 'model'));
      const loaded = await CAEModel.load(join(folder, 'model'));
      expect(loaded.checkpoints).toEqual(model.checkpoints);
      expect(loaded.fitSummary).toEqual(model.fitSummary);
      for (const checkpoint of model.checkpoints) {
        const [a, b] = [await model.extract(test, { checkpoint }), await loaded.extract(test, { checkpoint })];
        expect(b.betas).toEqual(a.betas);
        expect(b.factorReturns).toEqual(a.factorReturns);
        expect(a.factorReturns.every(Number.isFinite)).toBe(true);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('gives the same bits on any number of threads', async () => {
    const [one, three] = [new CAEModel(quick), new CAEModel({ ...quick, threads: 3 })];
    await one.fit(train);
    await three.fit(train);
    expect((await three.extract(test)).betas).toEqual((await one.extract(test)).betas);
  });

  it('stops at once when aborted, between the members too', async () => {
    const model = new CAEModel({ ...quick, ensembleSize: 50 });
    const controller = new AbortController();
    let seen = 0;
    const onProgress = ({ member }: Progress): void => {
      seen++;
      if (member?.index === 2) controller.abort();
    };
    await expect(model.fit(train, { signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(seen).toBe(13);
    expect(model.isFitted).toBe(false);
  });
});

describe('CAEModel: options', () => {
  it('reads factors off the portfolios it is given, and remembers them', async () => {
    const values = Float64Array.from(panel.truth.managedFactors);
    const managedPortfolios = { names: ['a', 'b', 'c', 'd', 'e'], timestamps: batch.timestamps, values };
    const model = new CAEModel(quick);
    await model.fit(train, { managedPortfolios });
    const kept = await model.extract(test);
    // Linear in the portfolios: twice the portfolios, twice the factors; the returns of the batch play no part.
    const twice = { ...managedPortfolios, values: values.map((x) => 2 * x) };
    const doubled = await model.extract(test.withoutReturns(), { managedPortfolios: twice });
    expect(
      largestDifference(
        doubled.factorReturns,
        kept.factorReturns.map((f) => 2 * f),
      ),
    ).toBeLessThan(1e-5);
    const unknown = { ...managedPortfolios, timestamps: batch.timestamps.map((t) => t + 1) };
    expect((await model.extract(test, { managedPortfolios: unknown })).factorReturns.every(Number.isNaN)).toBe(true);
    await expect(model.fit(train, { managedPortfolios: unknown })).rejects.toThrow(DataError);
    const renamed = { ...managedPortfolios, names: ['b', 'a', 'c', 'd', 'e'] };
    await expect(model.extract(test, { managedPortfolios: renamed })).rejects.toThrow(/portfolios of the fit/);
    await expect(new CAEModel({ ...quick, factors: 'regression' }).fit(train, { managedPortfolios })).rejects.toThrow(
      ConfigError,
    );
  });

  it('does not depend on the units of returns and portfolios', async () => {
    // A power of two scales every float exactly.
    const scaled = (of: CrossSectionBatch): CrossSectionBatch => of.withReturns(returnsOf(of).map((r) => 64 * r));
    for (const factors of ['managed', 'regression'] as const) {
      const [a, b] = [new CAEModel({ ...quick, factors }), new CAEModel({ ...quick, factors })];
      await a.fit(train);
      await b.fit(scaled(train));
      const [fit, other] = [(await a.extract(test)).fittedReturns(), (await b.extract(scaled(test))).fittedReturns()];
      expect(
        largestDifference(
          other,
          fit.map((r) => 64 * r),
        ),
      ).toBeLessThan(1e-11);
    }
  });

  it.each(['managed', 'regression'] as const)(
    'classifies labels, with factors from the returns beside them (%s)',
    async (factors) => {
      const labelled = (of: CrossSectionBatch): CrossSectionBatch =>
        new CrossSectionBatch({
          ...of,
          returns: returnsOf(of).map((r) => (r > 0 ? 1 : 0)),
          factorReturns: returnsOf(of),
        });
      const model = new CAEModel({ ...quick, nEpochs: 30, learningRate: 0.02, taskType: 'classification', factors });
      const summary = await model.fit(labelled(train), { validation: labelled(validation) });
      // Better than the coin: ln 2 = .693, and half right.
      expect(summary.trainMetrics.crossEntropy).toBeLessThan(0.66);
      expect(summary.trainMetrics.accuracy).toBeGreaterThan(0.6);
      const logits = (await model.extract(labelled(test))).fittedReturns();
      const right = logits.filter((x, row) => x > 0 === returnsOf(test)[row] > 0).length / logits.length;
      expect(right).toBeGreaterThan(0.55);
      await expect(model.fit(train)).rejects.toThrow(/factorReturns/);
      await expect(model.fit(new CrossSectionBatch({ ...train, factorReturns: returnsOf(train) }))).rejects.toThrow(
        /label/,
      );
    },
  );

  it('finds the characteristics that matter', async () => {
    const model = new CAEModel({ ...quick, nFactors: 3, hiddenUnits: [8], nEpochs: 40, factors: 'regression' });
    await model.fit(train, { validation });
    const { share, totalR2Loss, characteristicNames } = await model.characteristicImportance(test);
    expect(characteristicNames).toEqual(batch.characteristicNames);
    expect(share.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    // beta = (1.2 c1, c2, .8 c3): the first two against the two that do nothing.
    for (const j of [0, 1]) for (const idle of [3, 4]) expect(totalR2Loss[j]).toBeGreaterThan(totalR2Loss[idle]);
  });

  it('mini-batches of single rows, presets and linear exposures', async () => {
    for (const config of [{ batching: 'rows' }, { hiddenUnits: 'CA0' }, { hiddenUnits: 'CA3' }] as const) {
      const model = new CAEModel({ ...quick, ...config });
      await model.fit(train);
      expect((await model.extract(test)).fittedReturns().every(Number.isFinite)).toBe(true);
    }
    expect(new CAEModel({ hiddenUnits: 'CA2' }).config.hiddenUnits).toEqual([32, 16]);
    expect(() => new CAEModel({ batching: 'rows', factors: 'regression' })).toThrow(/whole dates/);
    expect(() => new CAEModel({ hiddenUnit: [3] } as object)).toThrow(/hiddenUnits/);
    expect(() => new CAEModel({ checkpointAt: [400] })).toThrow(/nEpochs/);
  });

  it('names what is wrong with its data', async () => {
    const model = new CAEModel(quick);
    await expect(model.fit(train.withoutReturns())).rejects.toThrow(DataError);
    await expect(model.fit(train.slice(0, 1))).rejects.toThrow(NotIdentifiedError);
    await expect(
      model.fit(train, { validation: test.withReturns(new Float64Array(test.nRows).fill(NaN)) }),
    ).rejects.toThrow(/validation/);
    await model.fit(train);
    const renamed = test.withCharacteristics(test.characteristics, ['a', 'b', 'c', 'd', 'e']);
    await expect(model.extract(renamed)).rejects.toThrow(/c1/);
  });

  it('runs in the forecast pipeline, its validation batch passed through', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new CAEModel(quick) });
    const summary = await pipeline.fit(train, { validation });
    expect(summary.validationMetrics).toBeDefined();
    const { assetForecast } = await pipeline.predict(test);
    expect(assetForecast.expectedReturns.every(Number.isFinite)).toBe(true);
    const early = await pipeline.predict(test, { checkpoint: 'epoch-2' });
    expect(early.factorForecast.checkpoint).toBe('epoch-2');
  });
});
