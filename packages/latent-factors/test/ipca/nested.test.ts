import { Random, type CrossSectionBatch } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IPCAModel, type FactorReturnSeries } from '../../src/index.ts';
import { plantedPanel } from './planted-panel.ts';

/** Fat-tailed noise about a few factors, more than are fitted: where runs from different starts end in different places. */
function hardPanel(seed: number): CrossSectionBatch {
  const { batch } = plantedPanel({ seed, nDates: 12, nAssets: 14, p: 3, k: 3, correlation: 0.6, missingShare: 0.2 });
  const random = new Random(seed);
  return batch.withReturns(batch.requireReturns('this test').map((r) => r + 0.3 * random.studentT(3)));
}

const observed = (batch: CrossSectionBatch, seed: number, names: readonly string[]): FactorReturnSeries => {
  const all = ['market', 'size'];
  const random = new Random(seed);
  const values = Array.from({ length: batch.nDates }, () => all.map(() => 0.01 + 0.1 * random.normal()));
  return {
    names,
    timestamps: batch.timestamps,
    values: Float64Array.from(values.flatMap((row) => names.map((name) => row[all.indexOf(name)]))),
  };
};

describe('a larger model', () => {
  it('never explains less than one inside it: given factors and an intercept', async () => {
    const sets = [[], ['market'], ['size'], ['market', 'size']] as const;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 2 }), async (seed, nFactors) => {
        const batch = hardPanel(seed);
        const explained = new Map<string, number>();
        for (const intercept of [false, true])
          for (const names of sets) {
            const model = new IPCAModel({ nFactors, intercept, tol: 1e-7 });
            const preSpecifiedFactors = names.length > 0 ? observed(batch, seed, names) : undefined;
            const { trainMetrics } = await model.fit(batch, { preSpecifiedFactors });
            explained.set(`${names.join('+')}${intercept ? '+alpha' : ''}`, trainMetrics.totalR2);
          }
        for (const [larger, r2] of explained)
          for (const [smaller, inside] of explained)
            if (smaller.split('+').every((part) => larger.split('+').includes(part) || part === ''))
              expect(r2).toBeGreaterThan(inside - 1e-9);
      }),
      { numRuns: 15 },
    );
  });
});
