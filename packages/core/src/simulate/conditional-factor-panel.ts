import * as z from 'zod';
import { CrossSectionBatch } from '../batches/cross-section.ts';
import { PanelIndex } from '../batches/panel-index.ts';
import { baseConfigSchema, parseConfig } from '../config.ts';
import { Ranker } from '../metrics/average-ranks.ts';
import { totalR2 } from '../metrics/r-squared.ts';
import { Random } from '../random/random.ts';
import { assetNames, monthEnds } from './month-ends.ts';

/** Options of {@link simulateConditionalFactorPanel}, strict: unknown keys are errors. */
export const conditionalFactorPanelSchema = z.strictObject({
  ...baseConfigSchema.shape,
  /** 'linear': beta = (1.2 c1, c2, .8 c3). 'nonlinear': beta = (c1^2, 2 c1 c2, .6 sign(c3)). */
  design: z.enum(['linear', 'nonlinear']).default('linear'),
  /** N */
  nAssets: z.int().min(2).default(200),
  /** T: dates with characteristics and the return that follows. */
  nDates: z.int().min(1).default(180),
  /** P, of which the first three move the loadings. */
  nCharacteristics: z.int().min(3).default(50),
  /** Each (date, asset) row is left out with this probability; everything else stays as it was. */
  missingShare: z.number().min(0).lt(1).default(0),
  /** 'zero': cbar is 0 before the first date. 'stationary': it starts from N(0, 1 / (1 - rho_j^2)). */
  start: z.enum(['zero', 'stationary']).default('zero'),
});

export type ConditionalFactorPanelOptions = z.input<typeof conditionalFactorPanelSchema>;

/** What the data were made from. Rows as in the batch; a row dated t belongs to the return earned *after* t. */
export interface ConditionalFactorTruth {
  readonly nFactors: 3;
  /** (R x 3): beta(c_{i,t}), known on the row's date. */
  readonly betas: Float64Array;
  /** (T x 3): f earned after each date. */
  readonly factorReturns: Float64Array;
  /** (T x P): x earned after each date, of which f is the first three plus noise. */
  readonly managedFactors: Float64Array;
  /** (3): E f. */
  readonly premia: Float64Array;
  /** (R): beta' f, what a perfect model would fit. */
  readonly fittedReturns: Float64Array;
  /** (R): beta' E f, the best forecast there is. */
  readonly expectedReturns: Float64Array;
  /** (R): returns - fittedReturns. */
  readonly noise: Float64Array;
}

export interface ConditionalFactorPanel {
  readonly batch: CrossSectionBatch;
  readonly truth: ConditionalFactorTruth;
}

/** E f of all three factors, and the standard deviations of the design. */
const PREMIUM = 0.03;
const MANAGED_SD = 0.1;
const FACTOR_NOISE_SD = 0.01;
const RETURN_NOISE_SCALE = 0.1;
const NOISE_DEGREES_OF_FREEDOM = 5;

/**
 * The Monte Carlo design of Gu, Kelly and Xiu (2021, section 4), with everything that generated it.
 *
 * `cbar_{i,j,t} = rho_j cbar_{i,j,t-1} + N(0, 1)`, rho_j ~ U[.9, 1], and `c = 2 rank / (N + 1) - 1` per date and column;
 * `x_t ~ N(.03, .1^2 I_P)`, `f_t` = the first three of x_t plus N(0, .01^2 I_3); `r_{i,t+1} = beta(c_{i,t})' f_{t+1} + e`,
 * e = .1 t_5 (a scale, not a variance), beta as `design` says. N = 200, T = 180, P = 50 in the paper.
 *
 * The paper does not say where cbar starts. From zero, as here unless `start` says otherwise, PCA with static
 * loadings explains as little out of sample as in the paper (about 5 %); from the stationary distribution, ranks persist
 * and it explains several times that. Assets are 'asset001' …, dates month ends from 2000-01-31 on. Equal options
 * give equal bits; with `missingShare` the panel is a part of the full one. Population total R2 of the truth: 40.4 %
 * (linear), 39.9 % (nonlinear). Throws ConfigError.
 */
export function simulateConditionalFactorPanel(options: ConditionalFactorPanelOptions = {}): ConditionalFactorPanel {
  const config = parseConfig(conditionalFactorPanelSchema, options, 'simulateConditionalFactorPanel');
  const { design, nAssets, nDates, nCharacteristics: p, missingShare, start } = config;
  const random = new Random(config.seed);
  const { factorReturns, managedFactors } = drawFactors(random.fork('factors'), nDates, p);
  const noiseStream = random.fork('noise');
  const process = new CharacteristicProcess(random.fork('characteristics'), nAssets, p, start === 'zero');

  const { index, present } = drawIndex(random.fork('missing'), nDates, nAssets, missingShare);
  const nRows = index.nRows;
  const characteristics = new Float64Array(nRows * p);
  const betas = new Float64Array(nRows * 3);
  const [returns, fittedReturns, expectedReturns, noise] = [0, 1, 2, 3].map(() => new Float64Array(nRows));
  let row = 0;
  for (let t = 0; t < nDates; t++) {
    process.next();
    for (let i = 0; i < nAssets; i++) {
      const e = RETURN_NOISE_SCALE * noiseStream.studentT(NOISE_DEGREES_OF_FREEDOM);
      if (present[t * nAssets + i] === 0) continue;
      for (let j = 0; j < p; j++) characteristics[row * p + j] = process.characteristic(i, j);
      const beta = loadingsOf(
        design,
        characteristics[row * p],
        characteristics[row * p + 1],
        characteristics[row * p + 2],
      );
      betas.set(beta, row * 3);
      fittedReturns[row] =
        beta[0] * factorReturns[t * 3] + beta[1] * factorReturns[t * 3 + 1] + beta[2] * factorReturns[t * 3 + 2];
      expectedReturns[row] = PREMIUM * (beta[0] + beta[1] + beta[2]);
      noise[row] = e;
      returns[row] = fittedReturns[row] + e;
      row++;
    }
  }
  const batch = new CrossSectionBatch({
    index,
    characteristicNames: Array.from({ length: p }, (_, j) => `c${j + 1}`),
    characteristics,
    returns,
  });
  const premia = new Float64Array(3).fill(PREMIUM);
  return {
    batch,
    truth: { nFactors: 3, betas, factorReturns, managedFactors, premia, fittedReturns, expectedReturns, noise },
  };
}

/** Total R2 of the true loadings and factors over the dates `from … to - 1`: what no model beats but by luck. */
export function oracleTotalR2(panel: ConditionalFactorPanel, from = 0, to: number = panel.batch.nDates): number {
  return oracleR2(panel, panel.truth.fittedReturns, from, to);
}

/** Predictive R2 of the true loadings and premia over the dates `from … to - 1`. */
export function oraclePredictiveR2(panel: ConditionalFactorPanel, from = 0, to: number = panel.batch.nDates): number {
  return oracleR2(panel, panel.truth.expectedReturns, from, to);
}

function oracleR2({ batch }: ConditionalFactorPanel, values: Float64Array, from: number, to: number): number {
  const part = batch.slice(from, to);
  const first = batch.index.rowOffsets[from];
  return totalR2(part.requireReturns('the R2 of the truth'), values.subarray(first, first + part.nRows));
}

function loadingsOf(design: 'linear' | 'nonlinear', c1: number, c2: number, c3: number): [number, number, number] {
  return design === 'linear' ? [1.2 * c1, c2, 0.8 * c3] : [c1 * c1, 2 * c1 * c2, 0.6 * Math.sign(c3)];
}

function drawFactors(
  random: Random,
  nDates: number,
  p: number,
): { factorReturns: Float64Array; managedFactors: Float64Array } {
  const managedFactors = Float64Array.from({ length: nDates * p }, () => PREMIUM + MANAGED_SD * random.normal());
  const factorReturns = Float64Array.from(
    { length: nDates * 3 },
    (_, k) => managedFactors[Math.floor(k / 3) * p + (k % 3)] + FACTOR_NOISE_SD * random.normal(),
  );
  return { factorReturns, managedFactors };
}

function drawIndex(
  random: Random,
  nDates: number,
  nAssets: number,
  missingShare: number,
): { index: PanelIndex; present: Uint8Array } {
  const present = Uint8Array.from({ length: nDates * nAssets }, () => (random.uniform() < missingShare ? 0 : 1));
  const assetIndex: number[] = [];
  const rowOffsets = new Int32Array(nDates + 1);
  for (let t = 0; t < nDates; t++) {
    for (let i = 0; i < nAssets; i++) if (present[t * nAssets + i] === 1) assetIndex.push(i);
    rowOffsets[t + 1] = assetIndex.length;
  }
  const index = new PanelIndex({
    timestamps: monthEnds(nDates),
    rowOffsets,
    assetIndex: Int32Array.from(assetIndex),
    assetIds: assetNames(nAssets),
  });
  return { index, present };
}

/** N x P autoregressions, and their cross-sectional ranks as characteristics. */
class CharacteristicProcess {
  readonly #random: Random;
  readonly #nAssets: number;
  readonly #persistence: Float64Array;
  /** (P x N): one column after the other, as ranking wants them. */
  readonly #state: Float64Array;
  readonly #ranks: Float64Array;
  readonly #ranker: Ranker;
  #started: boolean;

  constructor(random: Random, nAssets: number, p: number, fromZero: boolean) {
    this.#random = random;
    this.#started = fromZero;
    this.#nAssets = nAssets;
    // 1 - rho is drawn on (0, .1], so that the stationary variance below is finite.
    this.#persistence = Float64Array.from({ length: p }, () => 1 - 0.1 * (1 - random.uniform()));
    this.#state = new Float64Array(p * nAssets);
    this.#ranks = new Float64Array(p * nAssets);
    this.#ranker = new Ranker(nAssets);
  }

  next(): void {
    const n = this.#nAssets;
    for (let j = 0; j < this.#persistence.length; j++) {
      const rho = this.#persistence[j];
      const sd = this.#started ? 1 : 1 / Math.sqrt((1 - rho) * (1 + rho));
      const column = this.#state.subarray(j * n, (j + 1) * n);
      for (let i = 0; i < n; i++) column[i] = rho * column[i] + sd * this.#random.normal();
      this.#ranker.rankInto(this.#ranks.subarray(j * n, (j + 1) * n), column);
    }
    this.#started = true;
  }

  characteristic(asset: number, column: number): number {
    return (2 * this.#ranks[column * this.#nAssets + asset]) / (this.#nAssets + 1) - 1;
  }
}
