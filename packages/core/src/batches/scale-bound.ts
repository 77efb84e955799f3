/** How many times the usual scale a position may have. */
const TIMES_USUAL = 10;

/**
 * Bounds volatility scales (T x N), in place, and says which cells were cut (T x N, 1 where).
 *
 * An asset whose price hardly moves has a volatility near zero, and a scale with which one move of its price would ruin the
 * book. Where the caller states no bound, a scale may be ten times the usual one: the median, over the dates so far, of the
 * scale of the median asset on the date (the lower one of two). Both medians stand still when one asset of several runs off.
 *
 * @param scales target / sigma_t; NaN where not known
 * @param maxScale Infinity for none; undefined for the bound by the data
 */
export function boundScales(scales: Float64Array, nAssets: number, maxScale: number | undefined): Uint8Array {
  const capped = new Uint8Array(scales.length);
  const usual = new RunningMedian();
  for (let from = 0; from < scales.length; from += nAssets) {
    const row = scales.subarray(from, from + nAssets);
    const known = row.filter((scale) => !Number.isNaN(scale)).sort();
    if (known.length === 0) continue;
    usual.add(known[(known.length - 1) >> 1]);
    const bound = maxScale ?? TIMES_USUAL * usual.value;
    for (let i = 0; i < nAssets; i++)
      if (row[i] > bound) {
        row[i] = bound;
        capped[from + i] = 1;
      }
  }
  return capped;
}

/** The lower median of the values so far. */
class RunningMedian {
  readonly #sorted: number[] = [];

  get value(): number {
    return this.#sorted[(this.#sorted.length - 1) >> 1];
  }

  add(value: number): void {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle] <= value) low = middle + 1;
      else high = middle;
    }
    this.#sorted.splice(low, 0, value);
  }
}
