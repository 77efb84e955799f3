/** What a spread must exceed, as a share of the numbers it comes from: some 4,500 roundings of a float64. */
const resolution = 1e-12;

/**
 * Whether a spread (a standard deviation, a range) is more than the rounding of the numbers that it comes from:
 *
 * `spread > 1e-12 size`, false when either is NaN.
 *
 * Equal values have a spread of their own as soon as they were computed: `p_{t+1} / p_t - 1` of a price that grows by one per
 * cent differs in its last digits, and a mean over it is not exactly any of them. Whatever divides by a spread asks here
 * first; what does not vary has no Sharpe ratio and no z-score.
 *
 * @param size the largest magnitude that took part: of the values, and of what they are differences of. For returns that
 *   is at least 1, as they are made of `1 + r`, whatever their own size.
 */
export function exceedsRounding(spread: number, size: number): boolean {
  return spread > resolution * size;
}

/**
 * Whether the entries that are not NaN differ by more than rounding: {@link exceedsRounding} of their range.
 *
 * @param values an infinity beside a finite value varies
 * @param madeFrom size of the numbers that the values are differences of (1 for returns); 0, so that only their own size
 *   counts, where absent
 */
export function hasVariation(values: ArrayLike<number>, madeFrom = 0): boolean {
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < least) least = values[i];
    if (values[i] > most) most = values[i];
  }
  if (most - least === Infinity) return true;
  return exceedsRounding(most - least, Math.max(-least, most, madeFrom));
}

/**
 * {@link hasVariation} of each column of a row-major matrix (… x `width`), over the rows given: scaling a column that does not vary would
 * divide by the rounding of its mean, which grows with the number of rows.
 *
 * @returns (width) 1 where the column varies
 */
export function varyingColumns(values: ArrayLike<number>, width: number, rows: Iterable<number>): Uint8Array {
  const least = new Float64Array(width).fill(Infinity);
  const most = new Float64Array(width).fill(-Infinity);
  for (const row of rows)
    for (let j = 0; j < width; j++) {
      const value = values[row * width + j];
      if (value < least[j]) least[j] = value;
      if (value > most[j]) most[j] = value;
    }
  return Uint8Array.from(most, (value, j) => Number(value > least[j] && hasVariation([least[j], value])));
}
