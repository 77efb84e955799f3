import type { AssetLayout } from '../layout.ts';
import type { WindowBounds } from '../window-bounds.ts';
import type { MovingMoments } from './moving-moments.ts';

/** Moments up to the fourth of every window, joined from parts as in `movingMoments`. */
export function higherMoments({ nRows }: AssetLayout, bounds: WindowBounds, x: Float64Array): MovingMoments {
  const { first, blockFirst, blockLast, count } = bounds;
  const [prefix, suffix, joined] = [new Moments(nRows), new Moments(nRows), new Moments(nRows)];
  for (let p = 0; p < nRows; p++) {
    if (blockFirst[p] === p) prefix.begin(x[p]);
    else prefix.add(x[p]);
    prefix.put(p);
  }
  for (let p = nRows - 1; p >= 0; p--) {
    if (blockLast[p] === p) suffix.begin(x[p]);
    else suffix.add(x[p]);
    suffix.put(p);
  }
  for (let p = 0; p < nRows; p++) {
    const from = first[p];
    if (from < 0) joined.begin(Number.NaN);
    else if (blockLast[from] >= p) {
      joined.begin(x[from]);
      for (let q = from + 1; q <= p; q++) joined.add(x[q]);
    } else {
      let last = blockLast[from];
      joined.take(suffix, from, last - from + 1, x[last]);
      while (last < p) {
        const begin = last + 1;
        last = Math.min(blockLast[begin], p);
        joined.join(prefix, last, last - begin + 1, x[begin]);
      }
    }
    joined.put(p);
    joined.mean[p] += joined.origin;
  }
  const { mean, m2, m3, m4 } = joined;
  return { count, mean, m2, m3, m4 };
}

/** Moments of one growing set of values, with arrays to keep them in. */
class Moments {
  readonly mean: Float64Array;
  readonly m2: Float64Array;
  readonly m3: Float64Array;
  readonly m4: Float64Array;
  #n = 0;
  /** Of differences from {@link Moments.#origin}, a value of the set. */
  #mean = 0;
  #origin = 0;
  #m2 = 0;
  #m3 = 0;
  #m4 = 0;

  get origin(): number {
    return this.#origin;
  }

  constructor(size: number) {
    [this.mean, this.m2, this.m3, this.m4] = Array.from({ length: 4 }, () => new Float64Array(size));
  }

  begin(value: number): void {
    this.#n = 1;
    this.#origin = value;
    // 0, or NaN: of a missing value nothing is known, not even that one value does not vary.
    this.#mean = this.#m2 = this.#m3 = this.#m4 = value - value;
  }

  add(value: number): void {
    this.#joinOne(1, value - this.#origin, 0, 0, 0);
  }

  /** Takes what another kept at a place, of differences from `origin`. */
  take(of: Moments, at: number, n: number, origin: number): void {
    this.#n = n;
    this.#origin = origin;
    this.#mean = of.mean[at];
    this.#m2 = of.m2[at];
    this.#m3 = of.m3[at];
    this.#m4 = of.m4[at];
  }

  join(of: Moments, at: number, n: number, origin: number): void {
    this.#joinOne(n, origin - this.#origin + of.mean[at], of.m2[at], of.m3[at], of.m4[at]);
  }

  #joinOne(nb: number, mean: number, m2: number, m3: number, m4: number): void {
    const na = this.#n;
    const n = na + nb;
    const d = mean - this.#mean;
    const share = d / n;
    const cross = d * share * na * nb;
    this.#m4 +=
      m4 +
      cross * share * share * (na * na - na * nb + nb * nb) +
      6 * share * share * (na * na * m2 + nb * nb * this.#m2) +
      4 * share * (na * m3 - nb * this.#m3);
    this.#m3 += m3 + cross * share * (na - nb) + 3 * share * (na * m2 - nb * this.#m2);
    this.#m2 += m2 + cross;
    this.#mean += share * nb;
    this.#n = n;
  }

  put(at: number): void {
    this.mean[at] = this.#mean;
    this.m2[at] = this.#m2;
    this.m3[at] = this.#m3;
    this.m4[at] = this.#m4;
  }
}
