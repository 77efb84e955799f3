import {
  DataError,
  ShapeError,
  formatTimestamp,
  parseTimestamps,
  type CrossSectionBatch,
  type RunOptions,
  type TimestampInput,
} from '@ml4t/core';
import { throwIfAborted } from '@ml4t/core/authoring';
import { linalgKernels } from '@ml4t/core/linalg/kernels';
import { setImmediate } from 'node:timers/promises';

/**
 * All that the least-squares problem of IPCA needs of a panel: per date, over the rows whose characteristics and return
 * are finite, `Z'Z`, `Z'r`, `r'r` and the number of rows. Its size is T x L^2 / 2, whatever the number of assets.
 */
export interface SufficientStatistics {
  /** Names of the L instruments: 'constant' first where there is one. */
  readonly instrumentNames: readonly string[];
  readonly nInstruments: number;
  readonly nDates: number;
  /** (T), strictly increasing. */
  readonly timestamps: Float64Array;
  /** Rows used on each date (T). */
  readonly counts: Int32Array;
  /** Rows seen, usable or not. */
  readonly nRows: number;
  /** Upper triangle of Z'Z by rows, (i, j) with i <= j (T x L (L + 1) / 2). */
  readonly crossProducts: Float64Array;
  /** Z'r (T x L). */
  readonly instrumentReturns: Float64Array;
  /** r'r (T); NaN where only managed portfolios are known. */
  readonly squaredReturns: Float64Array;
  /** Weight of each date (T) that the sums above carry already; 1 where absent. */
  readonly weights?: Float64Array | undefined;
}

/** What a fit of IPCA reports. */
export type IPCAPhase = 'sufficient-statistics' | 'alternating-least-squares';

/** Entries of the upper triangle of an n x n matrix. */
export function triangle(n: number): number {
  return (n * (n + 1)) / 2;
}

/** Dates between two looks at the abort signal: tens of milliseconds on a panel of US stocks. */
const DATES_PER_TURN = 16;

/** Rows copied to the kernels at once: their packed form stays in the processor's cache between copy and product. */
const ROWS_IN_CACHE = 512;

/** Reads a panel once, date by date, without copying it. `constant` puts a column of ones first. */
export async function sufficientStatistics(
  batch: CrossSectionBatch,
  constant: boolean,
  { signal, onProgress }: RunOptions<IPCAPhase> = {},
): Promise<SufficientStatistics> {
  const returns = batch.requireReturns('fitting IPCA');
  const { nDates, nCharacteristics: p, characteristics, index } = batch;
  const instrumentNames = constant ? ['constant', ...batch.characteristicNames] : [...batch.characteristicNames];
  const nInstruments = instrumentNames.length;
  const statistics: SufficientStatistics = {
    instrumentNames,
    nInstruments,
    nDates,
    nRows: batch.nRows,
    timestamps: batch.timestamps,
    counts: new Int32Array(nDates),
    crossProducts: new Float64Array(nDates * triangle(nInstruments)),
    instrumentReturns: new Float64Array(nDates * nInstruments),
    squaredReturns: new Float64Array(nDates),
  };
  const kernels = linalgKernels();
  for (let first = 0; first < nDates; first += DATES_PER_TURN) {
    throwIfAborted(signal, 'IPCAModel.fit');
    kernels.withRegion((region) => {
      const gram = region.matrix(nInstruments + 1, nInstruments + 1);
      // The kernel writes the upper triangle alone; the rest of a fresh region may hold anything.
      kernels.view(gram).fill(0);
      const sum = new Float64Array((nInstruments + 1) ** 2);
      for (let t = first; t < Math.min(first + DATES_PER_TURN, nDates); t++) {
        const from = index.rowOffsets[t];
        const to = index.rowOffsets[t + 1];
        if (from === to) continue;
        sum.fill(0);
        for (let first = from; first < to; first += ROWS_IN_CACHE) {
          const last = Math.min(first + ROWS_IN_CACHE, to);
          statistics.counts[t] += kernels.augmentedGramOf(
            {
              rows: last - first,
              columns: p,
              characteristics: characteristics.subarray(first * p, last * p),
              returns: returns.subarray(first, last),
              constant,
            },
            gram,
          );
          const part = kernels.view(gram);
          for (let i = 0; i < sum.length; i++) sum[i] += part[i];
        }
        unpack(sum, statistics, t);
      }
    });
    const step = Math.min(first + DATES_PER_TURN, nDates);
    onProgress?.({ phase: 'sufficient-statistics', unit: 'date', step, total: nDates });
    await setImmediate();
  }
  return statistics;
}

/**
 * The statistics of a panel that arrives in parts, in date order, and is never held whole: memory is that of one part
 * and of the statistics. Throws DataError when a part does not continue the one before.
 */
export async function streamedStatistics(
  parts: AsyncIterable<CrossSectionBatch> | Iterable<CrossSectionBatch>,
  constant: boolean,
  { signal, onProgress }: RunOptions<IPCAPhase> = {},
): Promise<SufficientStatistics> {
  const collected: SufficientStatistics[] = [];
  let dates = 0;
  for await (const part of parts) {
    throwIfAborted(signal, 'IPCAModel.fitStream');
    const statistics = await sufficientStatistics(part, constant, { signal });
    requireContinuation(collected.at(-1), statistics, collected.length);
    collected.push(statistics);
    dates += part.nDates;
    onProgress?.({ phase: 'sufficient-statistics', unit: 'date', step: dates });
  }
  if (collected.length === 0)
    throw new DataError({
      field: 'parts',
      expected: 'at least one batch',
      found: 'an empty stream',
      remedy: 'Check the query or the filter behind the stream.',
    });
  const joined = (read: (statistics: SufficientStatistics) => Float64Array): Float64Array => {
    const out = new Float64Array(collected.reduce((sum, each) => sum + read(each).length, 0));
    let at = 0;
    for (const each of collected) {
      out.set(read(each), at);
      at += read(each).length;
    }
    return out;
  };
  const { instrumentNames, nInstruments } = collected[0];
  return {
    instrumentNames,
    nInstruments,
    nDates: dates,
    nRows: collected.reduce((sum, each) => sum + each.nRows, 0),
    timestamps: joined((each) => each.timestamps),
    counts: Int32Array.from(joined((each) => Float64Array.from(each.counts))),
    crossProducts: joined((each) => each.crossProducts),
    instrumentReturns: joined((each) => each.instrumentReturns),
    squaredReturns: joined((each) => each.squaredReturns),
  };
}

/** Managed portfolios and the instruments' second moments, where the assets themselves are not at hand. */
export interface ManagedPortfolioPanel {
  /** (T), strictly increasing. */
  readonly timestamps: readonly TimestampInput[] | Float64Array;
  readonly instrumentNames: readonly string[];
  /** N_t, assets behind each date's portfolios (T). */
  readonly counts: ArrayLike<number>;
  /** Z'Z / N_t (T x L x L). */
  readonly secondMoments: Float64Array;
  /** x_t = Z'r / N_t (T x L). */
  readonly returns: Float64Array;
}

/** The statistics of managed portfolios. Asset-level R2 cannot be said of them. */
export function managedPortfolioStatistics(panel: ManagedPortfolioPanel): SufficientStatistics {
  const timestamps = parseTimestamps('timestamps', panel.timestamps);
  const nDates = timestamps.length;
  const n = panel.instrumentNames.length;
  const requireSize = (field: string, found: number, expected: number): void => {
    if (found !== expected)
      throw new ShapeError({
        field,
        expected: `${expected} entries for ${nDates} dates and ${n} instruments`,
        found: String(found),
        remedy: 'Pass row-major arrays over dates, then instruments.',
      });
  };
  requireSize('counts', panel.counts.length, nDates);
  requireSize('secondMoments', panel.secondMoments.length, nDates * n * n);
  requireSize('returns', panel.returns.length, nDates * n);
  const counts = Int32Array.from(panel.counts);
  const crossProducts = new Float64Array(nDates * triangle(n));
  let at = 0;
  for (let t = 0; t < nDates; t++)
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) crossProducts[at++] = panel.secondMoments[(t * n + i) * n + j] * counts[t];
  return {
    instrumentNames: panel.instrumentNames,
    nInstruments: n,
    nDates,
    nRows: counts.reduce((sum, count) => sum + count, 0),
    timestamps,
    counts,
    crossProducts,
    instrumentReturns: panel.returns.map((x, i) => x * counts[Math.floor(i / n)]),
    squaredReturns: new Float64Array(nDates).fill(Number.NaN),
  };
}

/** The statistics that a fit minimises over: with the weights given, or those of the configuration. */
export function weightedBy(
  statistics: SufficientStatistics,
  weighting: 'observations' | 'dates',
  dateWeights?: Float64Array,
): SufficientStatistics {
  if (dateWeights) return weightedStatistics(statistics, dateWeights);
  if (weighting === 'observations') return statistics;
  return weightedStatistics(
    statistics,
    Float64Array.from(statistics.counts, (count) => (count > 0 ? 1 / count : 0)),
  );
}

/** The statistics with every date multiplied by its weight (T): what a weighted fit minimises. */
function weightedStatistics(statistics: SufficientStatistics, weights: Float64Array): SufficientStatistics {
  const { nDates, nInstruments } = statistics;
  const valid = weights.length === nDates && weights.every((w) => Number.isFinite(w) && w >= 0);
  if (!valid)
    throw new DataError({
      field: 'dateWeights',
      expected: `${nDates} finite numbers >= 0, one per date`,
      found: weights.length === nDates ? String(weights.find((w) => !(w >= 0 && w < Infinity))) : `${weights.length}`,
      remedy: 'Pass a weight of 0 to leave a date out.',
    });
  const scale = (values: Float64Array, width: number): Float64Array =>
    values.map((value, i) => value * weights[Math.floor(i / width)]);
  return {
    ...statistics,
    counts: statistics.counts.map((count, t) => (weights[t] === 0 ? 0 : count)),
    crossProducts: scale(statistics.crossProducts, triangle(nInstruments)),
    instrumentReturns: scale(statistics.instrumentReturns, nInstruments),
    squaredReturns: scale(statistics.squaredReturns, 1),
    weights,
  };
}

/** Takes the Gram matrix of [instruments, return] apart. */
function unpack(gram: Float64Array, statistics: SufficientStatistics, t: number): void {
  const { nInstruments: n, crossProducts, instrumentReturns, squaredReturns } = statistics;
  const size = n + 1;
  let at = t * triangle(n);
  for (let i = 0; i < n; i++) {
    crossProducts.set(gram.subarray(i * size + i, i * size + n), at);
    at += n - i;
    instrumentReturns[t * n + i] = gram[i * size + n];
  }
  squaredReturns[t] = gram[n * size + n];
}

function requireContinuation(before: SufficientStatistics | undefined, next: SufficientStatistics, part: number): void {
  if (!before) return;
  const same =
    before.nInstruments === next.nInstruments && before.instrumentNames.every((x, i) => x === next.instrumentNames[i]);
  const [last, first] = [before.timestamps[before.nDates - 1], next.timestamps[0]];
  if (same && first > last) return;
  throw new DataError({
    field: `parts[${part}]`,
    expected: same
      ? `dates after ${formatTimestamp(last)}`
      : `the characteristics ${before.instrumentNames.join(', ')}`,
    found: same ? formatTimestamp(first) : next.instrumentNames.join(', '),
    remedy: 'Stream whole dates in increasing order, with the same columns throughout.',
  });
}
