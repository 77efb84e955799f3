import { AbortedError, ConfigError, type CrossSectionBatch } from '@ml4t/core';
import { characteristicsTimes } from '@ml4t/core/testing';
import { describe, expect, it } from '@jest/globals';
import {
  IPCAModel,
  sufficientStatistics,
  testInstruments,
  testIntercept,
  testPreSpecifiedFactor,
  type FactorReturnSeries,
} from '../../src/index.ts';
import { residualSizes } from '../../src/ipca/bootstrap/residual-sizes.ts';
import { plantedPanel } from './planted-panel.ts';

const inProcess = { threads: 1 } as const;

/** Adds alpha = size x second characteristic to every return. */
function withAlpha(batch: CrossSectionBatch, size: number): CrossSectionBatch {
  const p = batch.nCharacteristics;
  return batch.withReturns(
    batch.requireReturns('this test').map((r, row) => r + size * batch.characteristics[row * p + 1]),
  );
}

/** The panel with N_t rising from `first` to all assets, ever faster. */
function growing(batch: CrossSectionBatch, first: number): CrossSectionBatch {
  const returns = batch.requireReturns('this test').slice();
  for (let t = 0; t < batch.nDates; t++) {
    const [from, to] = [batch.index.rowOffsets[t], batch.index.rowOffsets[t + 1]];
    const rows = Math.round(first + (to - from - first) * (t / (batch.nDates - 1)) * (t / (batch.nDates - 1)));
    returns.fill(Number.NaN, from + rows, to);
  }
  return batch.withReturns(returns);
}

describe('the test of Gamma_alpha = 0', () => {
  it('rejects a planted alpha and not its absence', async () => {
    const { batch } = plantedPanel({ seed: 2, nDates: 80, nAssets: 100, p: 4, k: 1, noise: 0.1 });
    const options = { config: { nFactors: 1 }, draws: 99, ...inProcess };
    expect((await testIntercept(withAlpha(batch, 0.02), options)).pValue).toBeLessThanOrEqual(0.01);
    const none = await testIntercept(batch, options);
    expect(none.pValue).toBeGreaterThan(0.05);
    expect(none.draws).toHaveLength(99);
    expect(none.hypothesis).toBe('Gamma_alpha = 0');
  });

  it('has the size that it says, under the null', async () => {
    // With 39 draws, `(1 + b) / 40 <= a` has probability a at 5, 10 and 20 % exactly where draws and statistic are exchangeable. Over
    // 120 panels the standard deviations of the shares are 2.0, 2.7 and 3.7 points; 2.4 of them, above and below. No level lets a
    // test pass that never rejects: .05 - 2.4 x .020 > 0.
    const pValues: number[] = [];
    for (let seed = 0; seed < 120; seed++) {
      const { batch } = plantedPanel({ seed: 1000 + seed, nDates: 80, nAssets: 40, p: 2, k: 1, noise: 0.1 });
      const { pValue } = await testIntercept(batch, {
        config: { nFactors: 1, seed, tol: 1e-5 },
        draws: 39,
        ...inProcess,
      });
      pValues.push(pValue);
    }
    for (const level of [0.05, 0.1, 0.2]) {
      const rejected = pValues.filter((p) => p <= level + 1e-12).length / pValues.length;
      const deviation = Math.sqrt((level * (1 - level)) / pValues.length);
      expect(Math.abs(rejected - level)).toBeLessThan(2.4 * deviation);
    }
  });

  it('keeps its power where cross-sections grow, which the plain recipe loses', async () => {
    let [found, plain] = [0, 0];
    for (let seed = 0; seed < 20; seed++) {
      const { batch } = plantedPanel({ seed, nDates: 60, nAssets: 200, p: 2, k: 1, noise: 0.15 });
      const options = { config: { nFactors: 1, seed, minimumRows: 5 }, draws: 19, ...inProcess };
      const panel = growing(withAlpha(batch, 0.008), 8);
      if ((await testIntercept(panel, options)).pValue <= 0.05) found++;
      if ((await testIntercept(panel, { ...options, residualScaling: 'paper' })).pValue <= 0.05) plain++;
    }
    expect(found).toBeGreaterThanOrEqual(11);
    expect(plain).toBeLessThanOrEqual(5);
  });

  it('tests the model of its configuration: weighted by dates, and in the coordinates asked for', async () => {
    const panel = growing(
      withAlpha(plantedPanel({ seed: 8, nDates: 40, nAssets: 80, p: 3, noise: 0.3 }).batch, 0.01),
      15,
    );
    const statistics: number[] = [];
    for (const weighting of ['observations', 'dates'] as const) {
      const config = { nFactors: 1, weighting, normalization: 'gamma', tol: 1e-9 } as const;
      const model = new IPCAModel({ ...config, intercept: true });
      await model.fit(panel);
      const own = (model.gammaAlpha ?? new Float64Array(0)).reduce((sum, value) => sum + value * value, 0);
      const { statistic } = await testIntercept(panel, { config, draws: 1, ...inProcess });
      expect(statistic / own).toBeCloseTo(1, 7);
      statistics.push(statistic);
    }
    expect(Math.abs(statistics[1] / statistics[0] - 1)).toBeGreaterThan(0.01);
  });

  it('does not know the units of characteristics', async () => {
    const { batch } = plantedPanel({ seed: 9, nDates: 30, nAssets: 40, p: 3, k: 1, noise: 0.2 });
    const options = { config: { nFactors: 1, tol: 1e-8 }, draws: 19, ...inProcess };
    const own = await testIntercept(batch, options);
    const other = await testIntercept(characteristicsTimes(batch, [1e9, 1, 1e-6]), options);
    expect(other.pValue).toBe(own.pValue);
    expect(other.statistic / own.statistic).toBeCloseTo(1, 7);
    other.draws.forEach((value, draw) => expect(value / own.draws[draw]).toBeCloseTo(1, 5));
  });
});

describe('the size of residual portfolios', () => {
  it('is sqrt(a / N + b), a and b not negative, whatever the unit', () => {
    const counts = Array.from({ length: 50 }, (_, t) => 10 + 4 * t);
    for (const [a, b] of [
      [1, 0],
      [0, 1],
      [2, 0.03],
    ])
      for (const unit of [1e-8, 1, 1e8]) {
        const exact = counts.map((n) => unit * (a / n + b));
        residualSizes(exact, counts).forEach((size, t) => expect(size / Math.sqrt(exact[t])).toBeCloseTo(1, 6));
      }
    // Nothing to tell apart where every date has as many rows; nothing to scale where there are no residuals.
    const same = residualSizes([1, 4, 2], [60, 60, 60]);
    expect(same[0] / same[1]).toBe(1);
    expect([...residualSizes([0, 0], [10, 20])]).toEqual([1, 1]);
  });
});

describe('draws', () => {
  const { batch } = plantedPanel({ seed: 10, nDates: 30, nAssets: 30, p: 2, k: 1, noise: 0.2 });
  const options = { config: { nFactors: 1 }, draws: 19, ...inProcess };

  it('make a p-value of (1 + those at least as large) / (1 + draws): never 0', async () => {
    const { pValue, statistic, draws } = await testIntercept(batch, options);
    expect(pValue).toBe((1 + draws.filter((value) => value >= statistic).length) / 20);
    const large = plantedPanel({ seed: 2, nDates: 80, nAssets: 100, p: 4, k: 1, noise: 0.1 }).batch;
    expect((await testIntercept(withAlpha(large, 0.02), options)).pValue).toBe(1 / 20);
  });

  it('move residuals alike where every date has as many rows', async () => {
    const scaled = await testIntercept(batch, options);
    const plain = await testIntercept(batch, { ...options, residualScaling: 'paper' });
    scaled.draws.forEach((value, draw) => expect(value / plain.draws[draw]).toBeCloseTo(1, 9));
  });

  it('in blocks keep the dependence of residuals over time: their spread grows with it', async () => {
    // An omitted factor that hardly moves. Alpha is what its mean over the sample looks like, and only blocks know how far that strays.
    const long = plantedPanel({ seed: 1, nDates: 96, nAssets: 30, p: 2, k: 1, noise: 0.2 }).batch;
    const panel = long.withReturns(
      long
        .requireReturns('this test')
        .map((r, row) => r + 0.08 * Math.sin(Math.floor(row / 30) / 4) * long.characteristics[row * 2]),
    );
    const mean = async (blockLength: number): Promise<number> =>
      (await testIntercept(panel, { ...options, blockLength, draws: 99 })).draws.reduce(
        (sum, value) => sum + value,
        0,
      ) / 99;
    expect(await mean(8)).toBeGreaterThan(2 * (await mean(1)));
    const same = await testIntercept(panel, { ...options, blockLength: 1 });
    expect(same.draws).toEqual((await testIntercept(panel, options)).draws);
    await expect(testIntercept(panel, { ...options, blockLength: 0 })).rejects.toThrow(ConfigError);
  });
});

describe('the tests of an instrument and of a factor', () => {
  const { batch, factors } = plantedPanel({ seed: 3, nDates: 60, nAssets: 60, p: 4, k: 1, noise: 0.1 });

  it('an instrument that drives exposures is found, one that does not is not', async () => {
    // c9 is noise of its own: the panel's returns know nothing of it.
    const noise = plantedPanel({ seed: 4, nDates: 60, nAssets: 60, p: 4, k: 1 }).batch.characteristics;
    const p = batch.nCharacteristics;
    const wide = new Float64Array(batch.nRows * (p + 1));
    for (let row = 0; row < batch.nRows; row++) {
      wide.set(batch.characteristics.subarray(row * p, (row + 1) * p), row * (p + 1));
      wide[row * (p + 1) + p] = noise[row * p];
    }
    const panel = batch.withCharacteristics(wide, [...batch.characteristicNames, 'c9']);
    const options = { config: { nFactors: 1 }, draws: 49, ...inProcess };
    const statistics = await sufficientStatistics(panel, true);
    expect((await testInstruments(statistics, ['c0', 'c1'], options)).pValue).toBeLessThanOrEqual(0.02);
    expect((await testInstruments(statistics, ['c9'], options)).pValue).toBeGreaterThan(0.05);
    await expect(testInstruments(statistics, ['c77'], options)).rejects.toThrow(ConfigError);
  });

  it('a factor that the latent ones miss is found, one of noise is not', async () => {
    const series = (values: Float64Array): FactorReturnSeries => ({
      names: ['g'],
      timestamps: batch.timestamps,
      values,
    });
    const noise = plantedPanel({ seed: 5, nDates: 60, k: 1 }).factors;
    const options = { config: { nFactors: 1 }, draws: 49, ...inProcess };
    const irrelevant = { ...options, preSpecifiedFactors: series(noise) };
    expect((await testPreSpecifiedFactor(batch, 'g', irrelevant)).pValue).toBeGreaterThan(0.05);
    // Two factors planted, one latent one estimated: the second one, handed in, is needed.
    const two = plantedPanel({ seed: 6, nDates: 60, nAssets: 60, p: 4, k: 2, noise: 0.1 });
    const second = Float64Array.from({ length: 60 }, (_, t) => two.factors[t * 2 + 1]);
    const relevant = { ...options, preSpecifiedFactors: series(second) };
    expect((await testPreSpecifiedFactor(two.batch, 'g', relevant)).pValue).toBeLessThanOrEqual(0.02);
    expect(factors).toHaveLength(60);
    await expect(testPreSpecifiedFactor(batch, 'h', irrelevant)).rejects.toThrow(ConfigError);
  });
});

describe('running it', () => {
  const { batch } = plantedPanel({ seed: 7, nDates: 40, nAssets: 30, p: 3, k: 1, noise: 0.1 });

  it('is the same for the same seed, reports progress, and can be aborted', async () => {
    const config = { nFactors: 1, seed: 9 };
    const steps: number[] = [];
    const first = await testIntercept(batch, {
      ...inProcess,
      config,
      draws: 20,
      onProgress: ({ phase, step }) => phase === 'bootstrap' && steps.push(step),
    });
    const second = await testIntercept(batch, { ...inProcess, config, draws: 40 });
    expect(second.draws.slice(0, 20)).toEqual(first.draws);
    expect(steps).toEqual([8, 16, 20]);
    const other = await testIntercept(batch, { ...inProcess, config: { ...config, seed: 10 }, draws: 20 });
    expect(other.draws).not.toEqual(first.draws);
    const controller = new AbortController();
    const aborted = testIntercept(batch, {
      ...inProcess,
      config,
      draws: 400,
      signal: controller.signal,
      onProgress: ({ phase }) => phase === 'bootstrap' && controller.abort(),
    });
    await expect(aborted).rejects.toThrow(AbortedError);
  });

  it('refuses what it cannot test', async () => {
    await expect(testIntercept(batch, { draws: 0 })).rejects.toThrow(ConfigError);
    const config = { nFactors: 1, elasticNet: { alpha: 1e-5 } };
    await expect(testIntercept(batch, { config })).rejects.toThrow(ConfigError);
  });
});
