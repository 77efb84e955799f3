import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PortfolioSequenceBatch } from '@ml4t/core';
import { LinearFeaturePortfolioModel } from '../src/index.ts';
import { restoreExposures } from '../src/heads/heads.ts';
import { absoluteSum, largest, sum } from './projection/rows.ts';
import { models } from './training/models.ts';
import { rebuilt, smallBatch } from './training/small-batch.ts';

/** Without volatility scales a long-short head's holdings are its weights. */
const unscaled = (batch: PortfolioSequenceBatch): PortfolioSequenceBatch =>
  rebuilt(batch, { volScale: new Float64Array(batch.mask.length).fill(1) });
const rowsOf = ({ nAssets }: PortfolioSequenceBatch, weights: Float64Array): Float64Array[] =>
  Array.from({ length: weights.length / nAssets }, (_, row) => weights.subarray(row * nAssets, (row + 1) * nAssets));

describe('exposures of long-short ensembles', () => {
  it.each([
    ['lstm', {}],
    ['lstm', { grossExposure: 2, netExposure: 0.5 }],
    ['deep', { grossExposure: 1.5, netExposure: -1 }],
  ] as const)('are those of the configuration on every date, whatever the members: %s, %p', async (name, exposures) => {
    const { grossExposure, netExposure } = { grossExposure: 1, netExposure: 0, ...exposures };
    const batch = unscaled(smallBatch(4, { nAssets: 6 }));
    const model = models[name]({ head: 'long-short', ensembleSize: 3, nSteps: 3, ...exposures });
    await model.fit(batch);
    const rows = rowsOf(batch, (await model.predict(batch)).weights).filter(
      (row) => row.filter((w) => w !== 0).length > 1,
    );
    expect(rows.length).toBeGreaterThan(40);
    for (const row of rows) {
      expect(absoluteSum(row)).toBeCloseTo(grossExposure, 10);
      expect(sum(row)).toBeCloseTo(netExposure, 10);
    }
  });

  it('are what any row is brought back to, as the head does with scores', () => {
    const row = fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.boolean());
    fc.assert(
      fc.property(fc.array(row), fc.double({ min: -1, max: 1, noNaN: true }), (rows, share) => {
        const all = [...rows, [0.5, true], [-0.5, true]] as const;
        const mask = Uint8Array.from(all, ([, available]) => Number(available));
        const before = Float64Array.from(all, ([w, available]) => (available ? w : 0));
        const [gross, net] = [1.7, 1.7 * share];
        const after = before.slice();
        restoreExposures(after, mask, { grossExposure: gross, netExposure: net });
        expect(absoluteSum(after)).toBeCloseTo(gross, 10);
        expect(sum(after)).toBeCloseTo(net, 10);
        after.forEach((w, i) => expect(mask[i] === 0 && w !== 0).toBe(false));
        // Of two assets the one that had more still has.
        for (let i = 1; i < after.length; i++)
          if (mask[i] && mask[0] && before[i] > before[0]) expect(after[i]).toBeGreaterThanOrEqual(after[0]);
      }),
    );
    const restored = (values: number[]): number[] => {
      const weights = Float64Array.from(values);
      restoreExposures(weights, new Uint8Array(values.length).fill(1), { grossExposure: 1, netExposure: 0 });
      return [...weights].map(Math.abs);
    };
    expect(restored([0.2, 0.2 + 1e-9, 0.2])).toEqual([0, 0, 0]);
    expect(restored([0.3])).toEqual([0]);
    expect(restored([])).toEqual([]);
  });
});

describe('exposures under the cap of the linear model', () => {
  const batch = unscaled(smallBatch(5, { nAssets: 9, available: 0.9 }));

  it('are kept where the assets of a date can carry them, and what they can carry elsewhere', async () => {
    const maxAbsWeight = 0.16;
    const model = new LinearFeaturePortfolioModel({ maxAbsWeight, nSteps: 10, threads: 1 });
    await model.fit(batch);
    expect(model.config.head).toBe('long-short');
    let [exact, short] = [0, 0];
    rowsOf(batch, (await model.predict(batch)).weights).forEach((row, t) => {
      const available = batch.mask.subarray(t * 9, (t + 1) * 9).reduce((a, b) => a + b, 0);
      expect(largest(row)).toBeLessThanOrEqual(maxAbsWeight + 1e-12);
      expect(sum(row)).toBeCloseTo(0, 10);
      // Each side is .5: four assets at the cap.
      if (available >= 8) {
        exact++;
        expect(absoluteSum(row)).toBeCloseTo(1, 10);
      } else {
        short++;
        expect(absoluteSum(row)).toBeLessThan(1);
        expect(absoluteSum(row)).toBeGreaterThan(0.5);
      }
    });
    expect(Math.min(exact, short)).toBeGreaterThan(0);
  });
});

describe('the head of the linear model', () => {
  it('is risk budgets, unless sides are asked for or the regression alone', () => {
    expect(new LinearFeaturePortfolioModel().config.head).toBe('bounded');
    for (const asked of [
      { netExposure: 0.2 },
      { grossExposure: 2 },
      { maxAbsWeight: 0.5 },
      { estimator: 'ridge' },
    ] as const)
      expect(new LinearFeaturePortfolioModel(asked).config.head).toBe('long-short');
    expect(new LinearFeaturePortfolioModel({ estimator: 'ridge', head: 'bounded' }).config.head).toBe('bounded');
    expect(new LinearFeaturePortfolioModel({ maxAbsWeight: null }).config.head).toBe('bounded');
  });
});
