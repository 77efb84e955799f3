import { longRunVariance, type LongRunVariance } from '@ml4t/core/inference';
import * as z from 'zod';

/** How errors of premia allow for dependence between dates: see `meanInference` of core. */
export const covTypeSchema = z
  .enum(['EWC', 'nonrobust'])
  .default('EWC')
  .describe("Standard errors: 'EWC' allows for overlap and persistence, 'nonrobust' takes dates for independent");

/** What errors of premia are computed with. */
export interface ErrorOptions {
  readonly covType: 'EWC' | 'nonrobust';
  /** Dates that a factor return spans. */
  readonly horizon: number;
}

/**
 * How many values of a history of n its long-run variance is estimated from: all up to 20, then the largest size of a sequence that
 * grows by 5 per cent. The variance of each date's history anew would cost n^(5/3) a date; so it costs no more than the last
 * few of them. It depends on n alone, whatever dates are asked for.
 */
export function estimationSize(n: number): number {
  if (n <= 20) return n;
  let size = 20;
  for (let next = size; next <= n; next = Math.ceil(1.05 * next)) size = next;
  return size;
}

/** The long-run variance of a series that grows date by date, estimated at each {@link estimationSize}. */
export class GrowingVariance {
  readonly #options: ErrorOptions;
  readonly #values: number[] = [];
  #size = 0;
  #estimate: LongRunVariance & { readonly sampleVariance: number } = {
    variance: Number.NaN,
    sampleVariance: Number.NaN,
    degreesOfFreedom: 0,
  };

  constructor(options: ErrorOptions) {
    this.#options = options;
  }

  observe(value: number): void {
    this.#values.push(value);
  }

  /** `sampleVariance` is that of the same values, divisor n - 1. */
  estimate(): LongRunVariance & { readonly sampleVariance: number } {
    const size = estimationSize(this.#values.length);
    if (size === this.#size || size < 2) return this.#estimate;
    this.#size = size;
    const values = Float64Array.from(this.#values.slice(0, size));
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    const { variance: sampleVariance } = longRunVariance(values, mean, { covType: 'nonrobust' });
    this.#estimate = { ...longRunVariance(values, mean, this.#options), sampleVariance };
    return this.#estimate;
  }
}

/** Long-run covariance matrix of two series with mean zero, by polarisation: all of it from variances. */
export interface LongRunCovariance {
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
  readonly degreesOfFreedom: number;
}

export function longRunCovariance(x: Float64Array, y: Float64Array, options: ErrorOptions): LongRunCovariance {
  const of = (values: Float64Array): number => longRunVariance(values, 0, options).variance;
  // On one scale, so that neither is lost in the other's rounding.
  const scale = Math.sqrt(rootMeanSquare(x) / rootMeanSquare(y)) || 1;
  const [a, b] = [x.map((value) => value / scale), y.map((value) => value * scale)];
  const { degreesOfFreedom } = longRunVariance(x, 0, options);
  const cross = (of(a.map((value, t) => value + b[t])) - of(a.map((value, t) => value - b[t]))) / 4;
  return { xx: of(x), xy: cross, yy: of(y), degreesOfFreedom };
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
