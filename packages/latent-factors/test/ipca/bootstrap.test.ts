import { AbortedError, ConfigError, type CrossSectionBatch } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import {
  sufficientStatistics,
  testInstruments,
  testIntercept,
  testPreSpecifiedFactor,
  type FactorReturnSeries,
} from '../../src/index.ts';
import { plantedPanel } from './planted-panel.ts';

const inProcess = { threads: 1 } as const;

/** Adds alpha = size x second characteristic to every return. */
function withAlpha(batch: CrossSectionBatch, size: number): CrossSectionBatch {
  const p = batch.nCharacteristics;
  return batch.withReturns(
    batch.requireReturns('this test').map((r, row) => r + size * batch.characteristics[row * p + 1]),
  );
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
    // On small panels (60 x 60) the test rejects a little too often, as estimated factors are noisy; at this size not.
    // With 39 draws, `share above <= a` has probability (floor(39 a) + 1) / 40 under the null: 5, 10 and 20 % exactly.
    // Over 60 panels their standard deviations are 2.8, 3.9 and 5.2 points: three of them, above and below.
    const pValues: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const { batch } = plantedPanel({ seed: 1000 + seed, nDates: 80, nAssets: 100, p: 3, k: 1, noise: 0.1 });
      const { pValue } = await testIntercept(batch, {
        config: { nFactors: 1, seed, tol: 1e-5 },
        draws: 49,
        ...inProcess,
      });
      pValues.push(pValue);
    }
    const rejected = (level: number): number => pValues.filter((p) => p <= level).length / pValues.length;
    expect(Math.abs(rejected(0.05) - 0.05)).toBeLessThan(0.085);
    expect(Math.abs(rejected(0.1) - 0.1)).toBeLessThan(0.117);
    expect(Math.abs(rejected(0.2) - 0.2)).toBeLessThan(0.156);
    // With the multiplier's variance left at 5/3 nearly nothing is rejected: this is what tells the two apart.
    expect(rejected(0.2)).toBeGreaterThan(0.08);
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
