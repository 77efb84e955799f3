import * as z from 'zod';
import { CrossSectionBatch } from '../batches/cross-section.ts';
import { PanelIndex } from '../batches/panel-index.ts';
import { baseConfigSchema, parseConfig } from '../config.ts';
import { Random } from '../random/random.ts';
import { assetNames, monthEnds } from './month-ends.ts';

/** Options of {@link simulateNonlinearSignalPanel}, strict: unknown keys are errors. */
export const nonlinearSignalPanelSchema = z.strictObject({
  ...baseConfigSchema.shape,
  /** N */
  nAssets: z.int().min(1).default(200),
  /** T */
  nDates: z.int().min(1).default(180),
  /** P, of which the first four matter. */
  nCharacteristics: z.int().min(4).default(20),
  /** Correlation of the signal with the asset's own part of the return. */
  correlation: z.number().min(0).lt(1).default(0.155),
  /** Standard deviation of the noise. */
  noiseSd: z.number().positive().default(0.1),
  /** Standard deviation of the return that all assets share on a date. */
  marketSd: z.number().min(0).default(0.03),
});

export type NonlinearSignalPanelOptions = z.input<typeof nonlinearSignalPanelSchema>;

export interface NonlinearSignalPanel {
  readonly batch: CrossSectionBatch;
  /** g (R): mean 0 and variance 1; the best predictor of the order of returns within a date. */
  readonly signal: Float64Array;
}

/**
 * Returns of which a line can explain less than a third of what can be explained at all:
 * `r = m_t + s (rho / sqrt(1 - rho^2) g + e)`, with
 *
 *     g = sqrt(.3) sqrt(3) c1  +  sqrt(.4) 3 c2 c3  +  sqrt(.3) sqrt(12) (|c4| - 1/2)
 *
 * characteristics independent and uniform on (-1, 1), so that the three parts are uncorrelated and have variance .3, .4
 * and .3; e ~ N(0, 1), m_t ~ N(0, marketSd^2). With rho = .155 the oracle's rank IC is about .15, and the best line's
 * about .08. Assets 'asset001' …, month ends from 2000-01-31 on. Equal options give equal bits. Throws ConfigError.
 */
export function simulateNonlinearSignalPanel(options: NonlinearSignalPanelOptions = {}): NonlinearSignalPanel {
  const config = parseConfig(nonlinearSignalPanelSchema, options, 'simulateNonlinearSignalPanel');
  const { nAssets, nDates, nCharacteristics: p, correlation, noiseSd, marketSd } = config;
  const random = new Random(config.seed);
  const characteristicStream = random.fork('characteristics');
  const noiseStream = random.fork('noise');
  const marketStream = random.fork('market');
  const index = PanelIndex.full(monthEnds(nDates), assetNames(nAssets));
  const characteristics = Float64Array.from({ length: index.nRows * p }, () => 2 * characteristicStream.uniform() - 1);
  const strength = correlation / Math.sqrt(1 - correlation ** 2);
  const signal = new Float64Array(index.nRows);
  const returns = new Float64Array(index.nRows);
  for (let t = 0, row = 0; t < nDates; t++) {
    const market = marketSd * marketStream.normal();
    for (let i = 0; i < nAssets; i++, row++) {
      const [c1, c2, c3, c4] = characteristics.subarray(row * p, row * p + 4);
      signal[row] = Math.sqrt(0.9) * c1 + Math.sqrt(3.6) * c2 * c3 + Math.sqrt(3.6) * (Math.abs(c4) - 0.5);
      returns[row] = market + noiseSd * (strength * signal[row] + noiseStream.normal());
    }
  }
  const characteristicNames = Array.from({ length: p }, (_, j) => `c${j + 1}`);
  return { batch: new CrossSectionBatch({ index, characteristicNames, characteristics, returns }), signal };
}
