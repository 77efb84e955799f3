import * as z from 'zod';
import { PersistentPanelBatch } from '../batches/persistent-panel.ts';
import { baseConfigSchema, parseConfig } from '../config.ts';
import { Random } from '../random/random.ts';
import { assetNames, monthEnds } from './month-ends.ts';

/** Options of {@link simulateLettauPelger}, strict: unknown keys are errors. */
export const lettauPelgerSchema = z.strictObject({
  ...baseConfigSchema.shape,
  /** N */
  nAssets: z.int().min(1).default(370),
  /** T: dates for estimation and, after them, as many as wanted for evaluation. */
  nDates: z.int().min(1).default(650),
  /** Variance of the fourth, weak factor. The paper has .03 and .1. */
  weakVariance: z.number().positive().default(0.03),
  /** Sharpe ratio per period of the fourth factor. The paper has .2, .3, .5 and .8. */
  weakSharpe: z.number().default(0.8),
  /**
   * Where the mixing matrix C of the residuals has its band: under the diagonal, on both sides of it, or nowhere
   * (independent residuals).
   */
  residualBand: z.enum(['one-side', 'both-sides', 'none']).default('one-side'),
  /** Width of the band. */
  bandWidth: z.int().min(0).default(13),
  /** Value of every entry in the band. */
  bandValue: z.number().default(0.7),
});

export type LettauPelgerOptions = z.input<typeof lettauPelgerSchema>;

export interface LettauPelgerTruth {
  readonly nFactors: 4;
  /** (N x 4) */
  readonly loadings: Float64Array;
  /** (T x 4): earned after each date. */
  readonly factorReturns: Float64Array;
  /** (4): E f. */
  readonly premia: Float64Array;
  /** (4) */
  readonly factorVariances: Float64Array;
  /** `sqrt(sum of squared Sharpe ratios)`: the highest Sharpe ratio per period that any portfolio of the factors has. */
  readonly maximalSharpe: number;
}

export interface LettauPelgerPanel {
  readonly batch: PersistentPanelBatch;
  readonly truth: LettauPelgerTruth;
}

const SHARPE_RATIOS = [0.12, 0.1, 0.3];
const VARIANCES = [5, 0.3, 0.1];

/**
 * The Monte Carlo design of Lettau and Pelger (2020, "Estimating latent asset-pricing factors", simulation section):
 * `r_{i,t+1} = lambda_i' f_{t+1} + e`, four factors, one of them weak in variance and strong in premium.
 *
 * lambda ~ N(0, I_4); f normal with variances (5, .3, .1, weakVariance) and Sharpe ratios (.12, .1, .3, weakSharpe);
 * e normal with variance one and correlation matrix corr(CC'), C with unit diagonal and `bandValue` on the `bandWidth`
 * off-diagonals, under the diagonal or on both sides of it. The description of C leaves open which; 'both-sides' makes
 * residual factors that are twice as strong. Units are those of the residuals' standard deviation, not returns.
 *
 * Assets 'asset001' …, month ends from 2000-01-31 on. Equal options give equal bits; the same seed with more dates extends
 * the panel. Throws ConfigError.
 */
export function simulateLettauPelger(options: LettauPelgerOptions = {}): LettauPelgerPanel {
  const config = parseConfig(lettauPelgerSchema, options, 'simulateLettauPelger');
  const { nAssets: n, nDates } = config;
  const random = new Random(config.seed);
  const loadingStream = random.fork('loadings');
  const factorStream = random.fork('factors');
  const residualStream = random.fork('residuals');
  const factorVariances = Float64Array.from([...VARIANCES, config.weakVariance]);
  const sharpeRatios = [...SHARPE_RATIOS, config.weakSharpe];
  const premia = factorVariances.map((variance, k) => sharpeRatios[k] * Math.sqrt(variance));
  const loadings = Float64Array.from({ length: n * 4 }, () => loadingStream.normal());
  const factorReturns = Float64Array.from(
    { length: nDates * 4 },
    (_, at) => premia[at % 4] + Math.sqrt(factorVariances[at % 4]) * factorStream.normal(),
  );
  const below = config.residualBand === 'none' ? 0 : config.bandWidth;
  const above = config.residualBand === 'both-sides' ? config.bandWidth : 0;
  const first = Int32Array.from({ length: n }, (_, i) => Math.max(0, i - below));
  const last = Int32Array.from({ length: n }, (_, i) => Math.min(n - 1, i + above));
  // Rows of C scaled to length one: residuals of variance one with the correlations of CC'.
  const scale = Float64Array.from(first, (from, i) => 1 / Math.sqrt(1 + (last[i] - from) * config.bandValue ** 2));
  const returns = new Float64Array(nDates * n);
  const shocks = new Float64Array(n);
  for (let t = 0; t < nDates; t++) {
    for (let i = 0; i < n; i++) shocks[i] = residualStream.normal();
    for (let i = 0; i < n; i++) {
      let band = -shocks[i];
      for (let j = first[i]; j <= last[i]; j++) band += shocks[j];
      let value = (shocks[i] + config.bandValue * band) * scale[i];
      for (let k = 0; k < 4; k++) value += loadings[i * 4 + k] * factorReturns[t * 4 + k];
      returns[t * n + i] = value;
    }
  }
  return {
    batch: new PersistentPanelBatch({ timestamps: monthEnds(nDates), assetIds: assetNames(n), returns }),
    truth: {
      nFactors: 4,
      loadings,
      factorReturns,
      premia,
      factorVariances,
      maximalSharpe: Math.hypot(...sharpeRatios),
    },
  };
}
