import { CrossSectionBatch, NotIdentifiedError, Random } from '@ml4t/core';
import { characteristicsTimes } from '@ml4t/core/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IPCAModel, type FactorReturnSeries, type IPCAConfigInput, type IPCAFitOptions } from '../../src/index.ts';
import { plantedPanel } from './planted-panel.ts';

interface Said {
  readonly r2: readonly number[];
  readonly fitted: Float64Array;
  readonly factors: Float64Array;
}

async function fit(batch: CrossSectionBatch, config: IPCAConfigInput, options: IPCAFitOptions = {}): Promise<Said> {
  const model = new IPCAModel(config);
  const { trainMetrics } = await model.fit(batch, options);
  const state = await model.extract(batch, options);
  const { totalR2, predictiveR2, managedPortfolioTotalR2 } = trainMetrics;
  return {
    r2: [totalR2, predictiveR2, managedPortfolioTotalR2],
    fitted: state.fittedReturns(),
    factors: state.factorReturns,
  };
}

/** Root mean square difference over the root mean square of the second. */
function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [differences, squares] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    differences += (a[i] - b[i]) * (a[i] - b[i]);
    squares += b[i] * b[i];
  }
  return Math.sqrt(differences / squares);
}

const market = (batch: CrossSectionBatch, seed: number): FactorReturnSeries => {
  const random = new Random(seed);
  return {
    names: ['market'],
    timestamps: batch.timestamps,
    values: Float64Array.from(batch.timestamps, () => 0.01 + 0.05 * random.normal()),
  };
};

describe('units of characteristics', () => {
  it.each([
    ['latent factors', { nFactors: 2 }, false],
    ['as many factors as instruments', { nFactors: 4 }, false],
    ['an intercept', { nFactors: 1, intercept: true }, false],
    ['every date alike', { nFactors: 2, weighting: 'dates' }, false],
    ['without a constant and a ridge', { nFactors: 2, constant: false, factorRidge: 0, gammaRidge: 0 }, false],
    ['an observed factor', { nFactors: 1 }, true],
    ['an elastic net', { nFactors: 1, elasticNet: { alpha: 1e-4 } }, false],
  ] as const)('change nothing, from 1e-9 to 1e12 at once: %s', async (_, config, observed) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1000 }),
        fc.array(fc.double({ min: -9, max: 12, noNaN: true }), { minLength: 3, maxLength: 3 }),
        async (seed, exponents) => {
          const { batch } = plantedPanel({
            seed,
            nDates: 20,
            nAssets: 30,
            p: 3,
            noise: 0.1,
            correlation: 0.5,
            missingShare: 0.2,
          });
          const options = observed ? { preSpecifiedFactors: market(batch, seed) } : {};
          const scales = exponents.map((exponent) => Math.exp(exponent * Math.LN10));
          const [own, other] = [
            await fit(batch, config, options),
            await fit(characteristicsTimes(batch, scales), config, options),
          ];
          expect(relative(other.r2, own.r2)).toBeLessThan(1e-8);
          expect(relative(other.fitted, own.fitted)).toBeLessThan(1e-8);
          expect(relative(other.factors, own.factors)).toBeLessThan(1e-8);
        },
      ),
      { numRuns: 8 },
    );
  });

  it("leave the fit alone with Gamma orthonormal in the characteristics' units; its factors are of those units", async () => {
    const { batch } = plantedPanel({ seed: 1, nDates: 30, nAssets: 40, p: 3, noise: 0.1 });
    const config = { nFactors: 2, normalization: 'gamma' } as const;
    const own = await fit(batch, config);
    for (const scale of [1e-4, 1e4, 1e8]) {
      const other = await fit(characteristicsTimes(batch, [1, scale, 1]), config);
      expect(relative(other.r2.slice(0, 2), own.r2.slice(0, 2))).toBeLessThan(1e-8);
      expect(relative(other.fitted, own.fitted)).toBeLessThan(1e-8);
      expect(relative(other.factors, own.factors)).toBeGreaterThan(0.01);
    }
  });

  it('change nothing in a stream either', async () => {
    const { batch } = plantedPanel({ seed: 2, nDates: 30, nAssets: 40, p: 3, noise: 0.1 });
    const streamed = async (panel: CrossSectionBatch): Promise<number> => {
      const model = new IPCAModel({ nFactors: 2 });
      const { trainMetrics } = await model.fitStream([panel.slice(0, 11), panel.slice(11)]);
      return trainMetrics.totalR2;
    };
    const dollars = await streamed(characteristicsTimes(batch, [1e9, 1, 1e-6]));
    expect(Math.abs(dollars - (await streamed(batch)))).toBeLessThan(1e-10);
  });

  it('do not decide the rank', async () => {
    const { batch } = plantedPanel({ seed: 3, nDates: 30, nAssets: 40, p: 3, noise: 0.1 });
    for (const scale of [1e-9, 1e12]) {
      const wide = characteristicsTimes(batch, [scale, 1, 1]);
      expect((await new IPCAModel({ nFactors: 4, gammaRidge: 0 }).fit(wide)).converged).toBe(true);
    }
    // A column that is twice another one is no direction of its own, whatever its unit.
    const double = batch.characteristics.map((value, at) =>
      at % 3 === 2 ? 2e9 * batch.characteristics[at - 1] : value,
    );
    await expect(new IPCAModel({ nFactors: 4 }).fit(batch.withCharacteristics(double))).rejects.toThrow(
      NotIdentifiedError,
    );
  });
});
