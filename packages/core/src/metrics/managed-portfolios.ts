import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { requireLength } from '../validation.ts';
import { totalR2 } from './r-squared.ts';

/** Returns of the portfolios that weight assets by their characteristics. */
export interface ManagedPortfolios {
  /** (L): the characteristics, and 'constant' last when asked for. */
  readonly names: readonly string[];
  /** (T x L), row-major, earned after each date; NaN on dates without a usable row. */
  readonly returns: Float64Array;
  /** (T): usable rows N_t. */
  readonly counts: Int32Array;
}

export interface ManagedPortfolioOptions {
  /** Adds an instrument of ones, the equally weighted portfolio, as the last column; false where absent. */
  readonly constant?: boolean;
}

export interface ManagedPortfolioR2Options extends ManagedPortfolioOptions {
  /**
   * Divides the returns and the fits of each portfolio by the root mean square of its returns, so that each counts alike and the
   * figure does not depend on the units of single characteristics. Absent, as in the papers, portfolios count as their units say.
   */
  readonly standardize?: boolean;
}

/**
 * Characteristic-managed portfolios `x_{t+1} = Z_t' r_{t+1} / N_t` (T x L), L = P, or P + 1 with the constant.
 *
 * Over the rows whose characteristics and return are all present; N_t counts them. Uses `factorReturns` where the batch
 * has them, else `returns`. Source: Kelly, Pruitt and Su (2019). Throws DataError for a batch without returns.
 */
export function managedPortfolios(batch: CrossSectionBatch, options: ManagedPortfolioOptions = {}): ManagedPortfolios {
  const returns = batch.factorReturns ?? batch.requireReturns('managed portfolios');
  const usable = usableRows(batch, returns);
  const names = options.constant ? [...batch.characteristicNames, 'constant'] : batch.characteristicNames;
  return { names, ...aggregate(batch, returns, usable, options.constant ?? false) };
}

/**
 * Total (or predictive) R2 at the level of managed portfolios, a fraction:
 * `1 - sum_t |x_{t+1} - Z_t' fit_t / N_t|^2 / sum_t |x_{t+1}|^2`, with x from the batch's `returns`.
 *
 * `fitted` (R): fitted returns for the total R2, expected returns for the predictive one. Rows where a characteristic,
 * the return or the fit is missing (NaN) are left out on both sides. NaN when nothing is left.
 *
 * The sum over portfolios weights each by the square of its characteristic's unit: compare figures of ranked characteristics only,
 * as the papers do, or `standardize`.
 * Source: Kelly, Pruitt and Su (2019). Throws ShapeError, DataError.
 */
export function managedPortfolioR2(
  batch: CrossSectionBatch,
  fitted: Float64Array,
  options: ManagedPortfolioR2Options = {},
): number {
  requireLength('fitted', fitted, batch.nRows, 'one per row of the batch');
  const returns = batch.requireReturns('the R2 of managed portfolios');
  const usable = usableRows(batch, returns, fitted);
  const constant = options.constant ?? false;
  const realised = aggregate(batch, returns, usable, constant).returns;
  const explained = aggregate(batch, fitted, usable, constant).returns;
  if (options.standardize !== true) return totalR2(realised, explained);
  const scale = portfolioSizes(realised, batch.nCharacteristics + (constant ? 1 : 0));
  // A portfolio without returns, whose size is zero, becomes NaN and is left out.
  const scaled = (values: Float64Array): Float64Array => values.map((value, at) => value / scale[at % scale.length]);
  return totalR2(scaled(realised), scaled(explained));
}

/** Root mean square of each portfolio's returns (L) over its dates with one, from (T x L). */
export function portfolioSizes(returns: Float64Array, nPortfolios: number): Float64Array {
  const squares = new Float64Array(nPortfolios);
  const counts = new Float64Array(nPortfolios);
  returns.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    squares[at % nPortfolios] += value * value;
    counts[at % nPortfolios]++;
  });
  return squares.map((sum, j) => Math.sqrt(sum / counts[j]));
}

/** 1 where all characteristics of the row and all the columns given are present. */
function usableRows(batch: CrossSectionBatch, ...columns: readonly Float64Array[]): Uint8Array {
  const { characteristics, nCharacteristics: p, nRows } = batch;
  const usable = new Uint8Array(nRows);
  for (let row = 0; row < nRows; row++) {
    // A sum is NaN as soon as one of its terms is: no test per entry.
    let probe = 0;
    for (let j = row * p; j < (row + 1) * p; j++) probe += 0 * characteristics[j];
    usable[row] = Number.isNaN(probe) || columns.some((column) => Number.isNaN(column[row])) ? 0 : 1;
  }
  return usable;
}

function aggregate(
  batch: CrossSectionBatch,
  values: Float64Array,
  usable: Uint8Array,
  constant: boolean,
): { returns: Float64Array; counts: Int32Array } {
  const { characteristics, nCharacteristics: p, nDates, index } = batch;
  const width = p + (constant ? 1 : 0);
  const out = new Float64Array(nDates * width);
  const counts = new Int32Array(nDates);
  for (let t = 0; t < nDates; t++) {
    const portfolio = out.subarray(t * width, (t + 1) * width);
    let count = 0;
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
      if (usable[row] === 0) continue;
      const value = values[row];
      for (let j = 0; j < p; j++) portfolio[j] += characteristics[row * p + j] * value;
      if (constant) portfolio[p] += value;
      count++;
    }
    for (let j = 0; j < width; j++) portfolio[j] = count > 0 ? portfolio[j] / count : Number.NaN;
    counts[t] = count;
  }
  return { returns: out, counts };
}
