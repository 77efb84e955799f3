/** Values that must be known before any are clipped. */
const leastKnown = 21;

/**
 * Each value clipped at `median +- deviations x 1.4826 MAD` of the known values among the last `window` entries, itself included; MAD is
 * the median distance from the median, and 1.4826 MAD the deviation of a normal distribution.
 *
 * The window is kept in order: a step takes one value out and puts one in.
 */
export function clipToTrailingMedian(values: Float64Array, window: number, deviations: number): Float64Array {
  const sorted = new Float64Array(window);
  let count = 0;
  return values.map((value, t) => {
    const leaving = t >= window ? values[t - window] : Number.NaN;
    if (leaving - leaving === 0) {
      const at = position(sorted, count, leaving);
      sorted.copyWithin(at, at + 1, count--);
    }
    if (value - value !== 0) return value;
    const at = position(sorted, count, value);
    sorted.copyWithin(at + 1, at, count++);
    sorted[at] = value;
    if (count < leastKnown) return value;
    const median = middle(sorted, count);
    const reach = deviations * 1.4826 * medianDistance(sorted, count, median);
    return Math.min(median + reach, Math.max(median - reach, value));
  });
}

/** The first place of `value`, or where it belongs. */
function position(sorted: Float64Array, count: number, value: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const half = (low + high) >> 1;
    if (sorted[half] < value) low = half + 1;
    else high = half;
  }
  return low;
}

function middle(sorted: Float64Array, count: number): number {
  return (sorted[(count - 1) >> 1] + sorted[count >> 1]) / 2;
}

/** Distances grow from the median outwards on both sides: half of them are met in order by going out on the nearer side. */
function medianDistance(sorted: Float64Array, count: number, median: number): number {
  let right = position(sorted, count, median);
  let left = right - 1;
  let [before, last] = [0, 0];
  for (let met = 0; met <= count >> 1; met++) {
    const [down, up] = [
      left >= 0 ? median - sorted[left] : Infinity,
      right < count ? sorted[right] - median : Infinity,
    ];
    before = last;
    last = Math.min(down, up);
    if (down <= up) left--;
    else right++;
  }
  return count % 2 === 1 ? last : (before + last) / 2;
}
