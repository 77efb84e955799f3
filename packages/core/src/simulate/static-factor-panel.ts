import * as z from 'zod';
import { PersistentPanelBatch } from '../batches/persistent-panel.ts';
import { baseConfigSchema, parseConfig } from '../config.ts';
import { Random } from '../random/random.ts';
import { assetNames, monthEnds } from './month-ends.ts';

/** Options of {@link simulateStaticFactorPanel}, strict: unknown keys are errors. */
export const staticFactorPanelSchema = z.strictObject({
  ...baseConfigSchema.shape,
  /** N */
  nAssets: z.int().min(1).default(100),
  /** T */
  nDates: z.int().min(1).default(240),
  /** K */
  nFactors: z.int().min(1).default(3),
  /** Sharpe ratio per period of every factor. */
  factorSharpe: z.number().default(0.2),
  /** Standard deviation of the idiosyncratic returns. */
  noiseSd: z.number().min(0).default(0.05),
  /** Each return is missing (NaN) with this probability; everything else stays as it was. */
  missingShare: z.number().min(0).lt(1).default(0),
});

export type StaticFactorPanelOptions = z.input<typeof staticFactorPanelSchema>;

export interface StaticFactorTruth {
  readonly nFactors: number;
  /** (N x K) */
  readonly loadings: Float64Array;
  /** (T x K): earned after each date. */
  readonly factorReturns: Float64Array;
  /** (K): E f. */
  readonly premia: Float64Array;
  /** (T x N): loadings times factor returns. */
  readonly fittedReturns: Float64Array;
}

export interface StaticFactorPanel {
  readonly batch: PersistentPanelBatch;
  readonly truth: StaticFactorTruth;
}

/**
 * A persistent panel with planted loadings: `r_{i,t+1} = lambda_i' f_{t+1} + e`.
 *
 * lambda ~ N(0, I_K); factor k is normal with standard deviation .05 x .7^(k - 1), so that the factors have an order, and
 * mean `factorSharpe` times that; e ~ N(0, noiseSd^2). Assets 'asset001' …, month ends from 2000-01-31 on. Equal options
 * give equal bits. Throws ConfigError.
 */
export function simulateStaticFactorPanel(options: StaticFactorPanelOptions = {}): StaticFactorPanel {
  const config = parseConfig(staticFactorPanelSchema, options, 'simulateStaticFactorPanel');
  const { nAssets, nDates, nFactors, factorSharpe, noiseSd, missingShare } = config;
  const random = new Random(config.seed);
  const loadingStream = random.fork('loadings');
  const factorStream = random.fork('factors');
  const noiseStream = random.fork('noise');
  const missingStream = random.fork('missing');
  const sd = [0.05];
  while (sd.length < nFactors) sd.push(0.7 * sd[sd.length - 1]);
  const loadings = Float64Array.from({ length: nAssets * nFactors }, () => loadingStream.normal());
  const factorReturns = Float64Array.from(
    { length: nDates * nFactors },
    (_, i) => sd[i % nFactors] * (factorSharpe + factorStream.normal()),
  );
  const fittedReturns = new Float64Array(nDates * nAssets);
  const returns = new Float64Array(nDates * nAssets);
  for (let t = 0; t < nDates; t++)
    for (let i = 0; i < nAssets; i++) {
      let fit = 0;
      for (let k = 0; k < nFactors; k++) fit += loadings[i * nFactors + k] * factorReturns[t * nFactors + k];
      const cell = t * nAssets + i;
      fittedReturns[cell] = fit;
      const observed = fit + noiseSd * noiseStream.normal();
      returns[cell] = missingStream.uniform() < missingShare ? Number.NaN : observed;
    }
  const batch = new PersistentPanelBatch({
    timestamps: monthEnds(nDates),
    assetIds: assetNames(nAssets),
    returns,
  });
  const premia = Float64Array.from(sd, (s) => s * factorSharpe);
  return { batch, truth: { nFactors, loadings, factorReturns, premia, fittedReturns } };
}
