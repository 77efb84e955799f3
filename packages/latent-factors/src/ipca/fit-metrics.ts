import { onlyFinite } from '@ml4t/core/authoring';
import { matrix, multiply, type Matrix } from '@ml4t/core/linalg';
import { triangle, type SufficientStatistics } from './sufficient-statistics.ts';

/**
 * In-sample figures of an IPCA fit. Where statistics of managed portfolios alone were fitted (`fitStatistics`), those of assets are not
 * there.
 */
export type IPCAMetrics = Readonly<
  Record<
    | 'totalR2'
    | 'predictiveR2'
    | 'managedPortfolioTotalR2'
    | 'managedPortfolioPredictiveR2'
    | 'meanSquaredError'
    | 'dates'
    | 'rows',
    number
  >
>;

/**
 * In-sample figures of an IPCA fit, all from the sufficient statistics (fractions; R2 are uncentred):
 *
 * - `totalR2 = 1 - sum (r - z'Gamma f_t)^2 / sum r^2`, `predictiveR2` with the mean factor in place of f_t;
 * - the same two for the managed portfolios `x_t = Z'r_t / N_t`, whose fit is `Z'Z_t Gamma f_t / N_t`, of instruments in units
 *   of `units`: a sum over portfolios is one of a unit that they share;
 * - `meanSquaredError` per row.
 *
 * Factors may include pre-specified ones and a column of ones for the intercept; their means enter the prediction too.
 *
 * Source: Kelly, Pruitt and Su (2019), section 3.2.
 */
export function ipcaFitMetrics(
  statistics: SufficientStatistics,
  gamma: Matrix,
  factors: Matrix,
  units: Float64Array,
): IPCAMetrics {
  const { nDates, nInstruments: n, counts } = statistics;
  const k = gamma.columns;
  const included = Array.from({ length: nDates }, (_, t) => t).filter((t) => !Number.isNaN(factors.data[t * k]));
  const meanFactor = Array.from(
    { length: k },
    (_, j) => included.reduce((sum, t) => sum + factors.data[t * k + j], 0) / included.length,
  );
  const path = (row: (t: number) => ArrayLike<number>): Matrix => {
    const data = new Float64Array(included.length * k);
    included.forEach((t, i) => data.set(Array.from(row(t)), i * k));
    // Z_t's coefficients on each date: Gamma f_t (T x L).
    return multiply(matrix(included.length, k, data), gamma, { transposeB: true });
  };
  const errorsOf = (coefficients: Matrix): { assets: number; portfolios: number } => {
    let assets = 0;
    let portfolios = 0;
    const fitted = new Float64Array(n);
    included.forEach((t, at) => {
      const c = coefficients.data.subarray(at * n, (at + 1) * n);
      fitted.fill(0);
      let entry = t * triangle(n);
      for (let i = 0; i < n; i++)
        for (let j = i; j < n; j++) {
          const w = statistics.crossProducts[entry++];
          fitted[i] += w * c[j];
          if (j !== i) fitted[j] += w * c[i];
        }
      assets += statistics.squaredReturns[t];
      for (let i = 0; i < n; i++) {
        const actual = statistics.instrumentReturns[t * n + i];
        assets += c[i] * (fitted[i] - 2 * actual);
        portfolios += ((actual - fitted[i]) / counts[t] / units[i]) ** 2;
      }
    });
    return { assets, portfolios };
  };
  let squaredReturns = 0;
  let squaredPortfolios = 0;
  let rows = 0;
  for (const t of included) {
    squaredReturns += statistics.squaredReturns[t];
    rows += counts[t];
    for (let i = 0; i < n; i++)
      squaredPortfolios += (statistics.instrumentReturns[t * n + i] / counts[t] / units[i]) ** 2;
  }
  const total = errorsOf(path((t) => factors.data.subarray(t * k, (t + 1) * k)));
  const predictive = errorsOf(path(() => meanFactor));
  // Of managed portfolios alone, nothing is known at the level of assets: what is not known is left out.
  const known = onlyFinite({
    totalR2: 1 - total.assets / squaredReturns,
    predictiveR2: 1 - predictive.assets / squaredReturns,
    managedPortfolioTotalR2: 1 - total.portfolios / squaredPortfolios,
    managedPortfolioPredictiveR2: 1 - predictive.portfolios / squaredPortfolios,
    meanSquaredError: total.assets / rows,
  });
  return { ...known, dates: included.length, rows } as IPCAMetrics;
}
