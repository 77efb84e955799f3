import * as z from 'zod';
import { CrossSectionBatch } from '../batches/cross-section.ts';
import { PanelIndex } from '../batches/panel-index.ts';
import { baseConfigSchema, parseConfig } from '../config.ts';
import { Random } from '../random/random.ts';
import { assetNames, monthEnds } from './month-ends.ts';

/** Options of {@link simulateChenPelgerZhu}, strict: unknown keys are errors. */
export const chenPelgerZhuSchema = z.strictObject({
  ...baseConfigSchema.shape,
  /** 'characteristics': beta = C1 C2. 'recurrent': beta = C b(h), of which the model sees C and Z = .05 t + h. */
  design: z.enum(['characteristics', 'recurrent']).default('characteristics'),
  /** N */
  nAssets: z.int().min(2).default(500),
  /** T: 250 for training, 100 for validation, 250 for testing in the paper. */
  nDates: z.int().min(1).default(600),
});

export type ChenPelgerZhuOptions = z.input<typeof chenPelgerZhuSchema>;

/** What the data were made from. Rows as in the batch; a row dated t belongs to the return earned *after* t. */
export interface ChenPelgerZhuTruth {
  /** (R): proportional to the weights of the true SDF, since residuals are alike. */
  readonly betas: Float64Array;
  /** (T): F earned after each date. */
  readonly factorReturns: Float64Array;
  /** (T): h, the hidden state of design 'recurrent'; zeros otherwise. */
  readonly states: Float64Array;
}

export interface ChenPelgerZhuPanel {
  readonly batch: CrossSectionBatch;
  readonly truth: ChenPelgerZhuTruth;
}

const FACTOR_VARIANCE = 0.1;
const STATE_NOISE_SD = 0.5;
const TREND = 0.05;

/**
 * The simulation of Chen, Pelger and Zhu (2024, appendix B): one factor whose loadings are a product of two characteristics, or
 * a characteristic whose sign turns with a hidden state.
 *
 * `r_{i,t+1} = beta_{i,t} F_{t+1} + e`, `F ~ N(sqrt .1, variance .1)` (Sharpe ratio 1), `e ~ N(0, 1)`.
 * 'characteristics': `beta = C1 C2`, both N(0, 1), redrawn at each date. 'recurrent': `beta = C b(h_t)`, `C ~ N(0, 1)`,
 * b = 1 where h > 0 and -1 elsewhere, `h_t = sin(pi t / 24) + N(0, variance .25)`; the batch has C and, as its context series,
 * `Z_t = .05 t + h_t`, t from 0. Assets are 'asset001' …, dates month ends from 2000-01-31 on. Equal options give equal bits.
 * Throws ConfigError.
 */
export function simulateChenPelgerZhu(options: ChenPelgerZhuOptions = {}): ChenPelgerZhuPanel {
  const { design, nAssets, nDates, seed } = parseConfig(chenPelgerZhuSchema, options, 'simulateChenPelgerZhu');
  const random = new Random(seed);
  const factors = random.fork('factor');
  const mean = Math.sqrt(FACTOR_VARIANCE);
  const factorReturns = Float64Array.from({ length: nDates }, () => mean + mean * factors.normal());
  const hidden = random.fork('state');
  const recurrent = design === 'recurrent';
  const states = Float64Array.from({ length: nDates }, (_, t) =>
    recurrent ? Math.sin((Math.PI * t) / 24) + STATE_NOISE_SD * hidden.normal() : 0,
  );
  const p = recurrent ? 1 : 2;
  const index = PanelIndex.full(monthEnds(nDates), assetNames(nAssets));
  const draws = random.fork('characteristics');
  const characteristics = Float64Array.from({ length: index.nRows * p }, () => draws.normal());
  const noise = random.fork('noise');
  const betas = new Float64Array(index.nRows);
  const returns = new Float64Array(index.nRows);
  for (let row = 0; row < index.nRows; row++) {
    const t = Math.floor(row / nAssets);
    const c = characteristics[row * p];
    betas[row] = recurrent ? (states[t] > 0 ? c : -c) : c * characteristics[row * p + 1];
    returns[row] = betas[row] * factorReturns[t] + noise.normal();
  }
  const batch = new CrossSectionBatch({
    index,
    characteristicNames: recurrent ? ['c'] : ['c1', 'c2'],
    characteristics,
    returns,
    ...(recurrent ? { contextNames: ['z'], contextFeatures: states.map((h, t) => TREND * t + h) } : {}),
  });
  return { batch, truth: { betas, factorReturns, states } };
}
