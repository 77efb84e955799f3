import type { Matrix } from '@ml4t/core/linalg';

/** Whether a return is missing (NaN, the only value that differs from itself). Inlined, unlike `Number.isNaN`, in every engine. */
export function isMissing(value: number): boolean {
  return value !== value;
}

/** How many entries are missing. */
export function countMissing(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (isMissing(values[i])) count++;
  return count;
}

/** Mean of each column over its entries that are not NaN; NaN when there is none. */
export function columnMeans({ rows, columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  const counts = new Float64Array(columns);
  for (let t = 0; t < rows; t++)
    for (let i = 0; i < columns; i++) {
      const value = data[t * columns + i];
      if (isMissing(value)) continue;
      sums[i] += value;
      counts[i]++;
    }
  return sums.map((sum, i) => sum / counts[i]);
}

/** Standard deviation of each column about `means` over its entries that are not NaN, divisor their number. */
export function columnDeviations({ rows, columns, data }: Matrix, means: Float64Array): Float64Array {
  const squares = new Float64Array(columns);
  const counts = new Float64Array(columns);
  for (let t = 0; t < rows; t++)
    for (let i = 0; i < columns; i++) {
      const value = data[t * columns + i];
      if (isMissing(value)) continue;
      squares[i] += (value - means[i]) ** 2;
      counts[i]++;
    }
  return squares.map((sum, i) => Math.sqrt(sum / counts[i]));
}
