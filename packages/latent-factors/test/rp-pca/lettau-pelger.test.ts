import { outOfSampleTangencySharpe, tangencySharpe } from '@ml4t/core';
import { leastSquares, matrix } from '@ml4t/core/linalg';
import { simulateLettauPelger } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { RPPCAModel } from '../../src/index.ts';

interface Figures {
  correlation: number;
  inSample: number;
  outOfSample: number;
}
const nDates = 650;

/** Multiple correlation of the fourth true factor with a constant and the estimated ones, over the first 650 dates. */
function spanCorrelation(truth: Float64Array, estimated: Float64Array): number {
  const regressors = matrix(nDates, 5);
  const target = matrix(nDates, 1);
  for (let t = 0; t < nDates; t++) {
    regressors.data[t * 5] = 1;
    regressors.data.set(estimated.subarray(t * 4, (t + 1) * 4), t * 5 + 1);
    target.data[t] = truth[t * 4 + 3];
  }
  const mean = target.data.reduce((sum, value) => sum + value, 0) / nDates;
  const total = target.data.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(1 - leastSquares(regressors, target).residualSumOfSquares[0] / total);
}

/** Means over the repetitions, per gamma. */
async function study(
  residualBand: 'one-side' | 'both-sides' | 'none',
  gammas: readonly number[],
  repetitions: number,
): Promise<Figures[]> {
  const means = gammas.map(() => ({ correlation: 0, inSample: 0, outOfSample: 0 }));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const { batch, truth } = simulateLettauPelger({ seed: 100 + repetition, nDates: 2 * nDates, residualBand });
    for (const [g, gamma] of gammas.entries()) {
      const model = new RPPCAModel({ nFactors: 4, gamma });
      await model.fit(batch.slice(0, nDates));
      const { factorReturns } = await model.extract(batch);
      const train = factorReturns.subarray(0, nDates * 4);
      means[g].correlation += spanCorrelation(truth.factorReturns, factorReturns) / repetitions;
      means[g].inSample += tangencySharpe(train, 4) / repetitions;
      means[g].outOfSample += outOfSampleTangencySharpe(train, factorReturns.subarray(nDates * 4), 4) / repetitions;
    }
  }
  return means;
}

// The reference is another run of the same design with 30 repetitions. `bench/simulations/lettau-pelger.mjs` with 30 gives
// the spread between draws: at gamma = 10 .03 of the correlation (one side) and .11 (both sides), .045 of the Sharpe
// ratios; at gamma = -1 .17 and .05, and .09 of the Sharpe ratios. Tolerances are three standard errors of the difference between
// a mean of 4 and one of 30: three times the spread times sqrt(1/4 + 1/30) = .532. Gamma = 0 is left out: there the
// factor is at the edge of detection and a draw now and then loses it, which no few repetitions can average.
const tolerance = (spread: number): number => 3 * 0.532 * spread;

describe('RPPCAModel on the simulation of Lettau and Pelger, weak factor of variance .03 and Sharpe ratio .8', () => {
  it('finds the weak factor with gamma = 10 where plain PCA does not; residual band on one side', async () => {
    const [plain, priced] = await study('one-side', [-1, 10], 4);
    expect(Math.abs(plain.correlation - 0.31)).toBeLessThan(tolerance(0.17));
    expect(Math.abs(plain.inSample - 0.41)).toBeLessThan(tolerance(0.09));
    expect(Math.abs(plain.outOfSample - 0.41)).toBeLessThan(tolerance(0.09));
    expect(Math.abs(priced.correlation - 0.91)).toBeLessThan(tolerance(0.03));
    expect(Math.abs(priced.inSample - 0.85)).toBeLessThan(tolerance(0.045));
    expect(Math.abs(priced.outOfSample - 0.8)).toBeLessThan(tolerance(0.045));
  });

  it('the same with the band on both sides, where residual factors are stronger', async () => {
    const [plain, priced] = await study('both-sides', [-1, 10], 4);
    expect(Math.abs(plain.correlation - 0.1)).toBeLessThan(tolerance(0.05));
    expect(Math.abs(priced.correlation - 0.65)).toBeLessThan(tolerance(0.11));
  });

  it('makes no difference when residuals are independent', async () => {
    const [plain, priced] = await study('none', [-1, 50], 2);
    // Sampling error of a correlation of .956 at T = 650: (1 - .956^2) / sqrt(650) = .0034; loadings add as much.
    expect(Math.abs(plain.correlation - 0.956)).toBeLessThan(0.015);
    expect(Math.abs(priced.correlation - plain.correlation)).toBeLessThan(0.005);
  });
});
