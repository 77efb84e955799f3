import type { CrossSectionBatch } from '../batches/cross-section.ts';
import type { LatentFactorState } from '../results/latent-factors.ts';

/** Exposures as a small table (rows x columns, row-major). */
export interface ExposureTable {
  /** `correlation`: of each characteristic with each exposure over the test rows. `loading`: of assets, the largest first. */
  readonly measure: 'correlation' | 'loading';
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  readonly values: Float64Array;
}

/** A heat map with more rows or columns than this cannot be read. */
const MOST_ASSETS = 30;
const MOST_COLUMNS = 8;

/** Correlation over the rows of a batch between each characteristic and each column of exposures (R x K, row-major). */
export function exposureCorrelations(
  batch: CrossSectionBatch,
  exposures: Float64Array,
  names: readonly string[],
): ExposureTable {
  const k = names.length;
  const shown = Math.min(k, MOST_COLUMNS);
  const { nCharacteristics: p, nRows, characteristicNames } = batch;
  const values = new Float64Array(p * shown);
  for (let j = 0; j < p; j++)
    for (let c = 0; c < shown; c++)
      values[j * shown + c] = correlation(
        nRows,
        (row) => batch.characteristics[row * p + j],
        (row) => exposures[row * k + c],
      );
  return { measure: 'correlation', rowNames: characteristicNames, columnNames: names.slice(0, shown), values };
}

/** Static loadings of the assets that have the largest ones. */
export function assetLoadings({ betas, nFactors: k, factorNames, index }: LatentFactorState): ExposureTable {
  const shown = Math.min(k, MOST_COLUMNS);
  const size = (asset: number): number =>
    betas.subarray(asset * k, (asset + 1) * k).reduce((sum, beta) => sum + (beta * beta || 0), 0);
  const largest = Array.from(index.assetIds.keys())
    .sort((a, b) => size(b) - size(a) || a - b)
    .slice(0, MOST_ASSETS);
  return {
    measure: 'loading',
    rowNames: largest.map((asset) => index.assetIds[asset]),
    columnNames: factorNames.slice(0, shown),
    values: Float64Array.from({ length: largest.length * shown }, (_, at) => {
      return betas[largest[Math.floor(at / shown)] * k + (at % shown)];
    }),
  };
}

/** Pearson correlation over the rows where both are known; NaN when one does not vary. */
function correlation(n: number, x: (row: number) => number, y: (row: number) => number): number {
  let [count, mx, my, sxx, syy, sxy] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < n; row++) {
    const [a, b] = [x(row), y(row)];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    count++;
    const [dx, dy] = [a - mx, b - my];
    mx += dx / count;
    my += dy / count;
    sxx += dx * (a - mx);
    syy += dy * (b - my);
    sxy += dx * (b - my);
  }
  return sxy / Math.sqrt(sxx * syy);
}
