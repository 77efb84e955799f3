import { throwIfAborted, type CrossSectionBatch, type RunOptions } from '@ml4t/core';
import { linalgKernels } from '@ml4t/core/linalg';
import { setImmediate } from 'node:timers/promises';

/**
 * All that the least-squares problem of IPCA needs of a panel: per date, over the rows whose characteristics and return
 * are finite, `Z'Z`, `Z'r`, `r'r` and the number of rows. Its size is T x L^2 / 2, whatever the number of assets.
 */
export interface SufficientStatistics {
  /** L: characteristics, and the constant where there is one. */
  readonly nInstruments: number;
  readonly nDates: number;
  /** Rows used on each date (T). */
  readonly counts: Int32Array;
  /** Upper triangle of Z'Z by rows, (i, j) with i <= j (T x L (L + 1) / 2). */
  readonly crossProducts: Float64Array;
  /** Z'r (T x L). */
  readonly instrumentReturns: Float64Array;
  /** r'r (T). */
  readonly squaredReturns: Float64Array;
}

/** Dates between two looks at the abort signal: tens of milliseconds on a panel of US stocks. */
const DATES_PER_TURN = 16;

/** Reads the panel once, date by date, without copying it. `constant` puts a column of ones first. */
export async function sufficientStatistics(
  batch: CrossSectionBatch,
  constant: boolean,
  { signal, onProgress }: RunOptions = {},
): Promise<SufficientStatistics> {
  const returns = batch.requireReturns('fitting IPCA');
  const { nDates, nCharacteristics: p, characteristics, index } = batch;
  const nInstruments = p + (constant ? 1 : 0);
  const width = triangle(nInstruments);
  const statistics: SufficientStatistics = {
    nInstruments,
    nDates,
    counts: new Int32Array(nDates),
    crossProducts: new Float64Array(nDates * width),
    instrumentReturns: new Float64Array(nDates * nInstruments),
    squaredReturns: new Float64Array(nDates),
  };
  const kernels = linalgKernels();
  for (let first = 0; first < nDates; first += DATES_PER_TURN) {
    throwIfAborted(signal, 'IPCAModel.fit');
    kernels.withRegion((region) => {
      const gram = region.matrix(nInstruments + 1, nInstruments + 1);
      for (let t = first; t < Math.min(first + DATES_PER_TURN, nDates); t++) {
        const from = index.rowOffsets[t];
        const to = index.rowOffsets[t + 1];
        if (from === to) continue;
        statistics.counts[t] = kernels.augmentedGramOf(
          {
            rows: to - from,
            columns: p,
            characteristics: characteristics.subarray(from * p, to * p),
            returns: returns.subarray(from, to),
            constant,
          },
          gram,
        );
        unpack(kernels.view(gram), statistics, t);
      }
    });
    onProgress?.({ phase: 'sufficient statistics', step: Math.min(first + DATES_PER_TURN, nDates), total: nDates });
    await setImmediate();
  }
  return statistics;
}

/** Entries of the upper triangle of an n x n matrix. */
export function triangle(n: number): number {
  return (n * (n + 1)) / 2;
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
