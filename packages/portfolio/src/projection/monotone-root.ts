/** Where a function leaves its derivative. */
export interface Slope {
  value: number;
}

export interface Bracket {
  readonly low: number;
  /** May be infinite. */
  readonly high: number;
  readonly guess: number;
  /** The size of numbers that x is made of: closer than its rounding is not looked. */
  readonly scale: number;
  /** How far f may be from its target. */
  readonly tolerance: number;
}

/**
 * The root of `f(x) = target` for a continuous, piecewise linear, falling f.
 *
 * Newton steps, kept inside the bracket; where three of them do not halve it, it is bisected, so that the search ends for
 * every f. On the piece of the root one Newton step is exact.
 */
export function monotoneRoot(f: (x: number, slope: Slope) => number, target: number, bracket: Bracket): number {
  const { guess, tolerance } = bracket;
  let { low, high } = bracket;
  const resolution = Number.EPSILON * bracket.scale;
  const slope: Slope = { value: 0 };
  const halved = { width: Infinity, steps: 0 };
  let x = guess >= low && guess <= high ? guess : low;
  let reach = bracket.scale / 16;
  for (;;) {
    const excess = f(x, slope) - target;
    if (Math.abs(excess) <= tolerance) return x;
    if (excess > 0) low = x;
    else high = x;
    let next = slope.value < 0 ? x - excess / slope.value : Number.NaN;
    if (high === Infinity) {
      reach *= 2;
      next = Math.max(next > low ? next : low, Math.min(low + reach, Number.MAX_VALUE));
      if (next === low) return low;
    } else {
      if (high - low <= resolution) return high;
      if (high - low <= halved.width / 2) Object.assign(halved, { width: high - low, steps: 0 });
      else halved.steps++;
      // A step shorter than the resolution would not leave its place.
      if (next - low < resolution) next = low + resolution;
      else if (high - next < resolution) next = high - resolution;
      if (!(next > low && next < high) || halved.steps > 3) {
        next = low + (high - low) / 2;
        Object.assign(halved, { width: high - low, steps: 0 });
        if (next <= low || next >= high) return high;
      }
    }
    x = next;
  }
}
