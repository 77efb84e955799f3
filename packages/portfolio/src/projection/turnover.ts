import { effectiveCap, type ExposureConstraints } from './constraints.ts';
import { monotoneRoot, type Slope } from './monotone-root.ts';

/**
 * Overwrites the first `n` values v with the closest weights that satisfy the exposures (gross at most G) *and* `sum |w - p| <= budget`.
 * The set must not be empty, and the closest weights without the budget must break it.
 *
 * With multipliers nu of the net, theta >= 0 of the gross exposure and mu >= 0 of the turnover,
 *
 * `w_i = clip(argmin_w (w - (v_i - nu))² / 2 + theta |w| + mu |w - p_i|, -c, c)`.
 *
 * Write `S(x; p) = x - clip(x - p, -mu, mu)`, which moves x towards p by at most mu. The positive part of w_i is that of
 * `S(v_i - (nu + theta); p_i)` and the negative part that of `S(v_i - (nu - theta); p_i)`. So for a given mu the problem is as without a
 * budget: one root for `theta = 0`, and where that breaks the gross bound one for the long and one for the short sum. The
 * turnover of this w falls in mu, continuously and piecewise linearly, and mu is where it meets the budget. All roots are of monotone
 * piecewise linear functions, by Newton steps inside a bracket.
 */
export function projectWithinTurnover(
  values: Float64Array,
  held: Float64Array,
  n: number,
  constraints: ExposureConstraints,
  budget: number,
): void {
  const path = new TurnoverPath(values, held, n, constraints);
  const mu = monotoneRoot((at, slope) => path.turnover(at, slope), budget, {
    low: 0,
    high: Infinity,
    guess: 0,
    scale: path.scale,
    tolerance: 1e-14 * (budget + constraints.grossExposure),
  });
  path.turnover(mu, { value: 0 });
  values.set(path.weights.subarray(0, n));
}

/** The closest weights as a function of the price mu of turnover. */
class TurnoverPath {
  readonly weights: Float64Array;
  /** Size of the numbers that multipliers are made of. */
  readonly scale: number;
  readonly #values: Float64Array;
  readonly #held: Float64Array;
  readonly #n: number;
  readonly #constraints: ExposureConstraints;
  readonly #cap: number;
  readonly #low: number;
  readonly #high: number;
  #nu = 0;
  #long = 0;
  #short = 0;

  constructor(values: Float64Array, held: Float64Array, n: number, constraints: ExposureConstraints) {
    this.#values = values.slice(0, n);
    this.#held = held;
    this.#n = n;
    this.#constraints = constraints;
    this.#cap = effectiveCap(constraints);
    this.#low = this.#values.reduce((a, b) => Math.min(a, b), Infinity) - this.#cap;
    this.#high = this.#values.reduce((a, b) => Math.max(a, b), -Infinity) + this.#cap;
    this.scale = Math.max(Math.abs(this.#low), Math.abs(this.#high));
    this.weights = new Float64Array(n);
  }

  /** `sum |w(mu) - p|`, and its derivative; `weights` holds w(mu). */
  turnover(mu: number, slope: Slope): number {
    const { grossExposure, netExposure } = this.#constraints;
    const [cap, from, to] = [this.#cap, this.#low - mu, this.#high + mu];
    const bracket = { low: from, high: to, scale: this.scale + mu, tolerance: 1e-15 * grossExposure };
    const root = (low: number, high: number, total: number, guess: number): number =>
      monotoneRoot((at, slope) => this.#sum(at, mu, low, high, slope), total, { ...bracket, guess });
    this.#nu = root(-cap, cap, netExposure, this.#nu);
    const gross = this.#set(this.#nu, this.#nu, mu);
    if (gross <= grossExposure * (1 + 1e-14)) {
      slope.value = this.#slope(-Infinity, Infinity);
    } else {
      this.#long = root(0, cap, (grossExposure + netExposure) / 2, this.#long);
      this.#short = root(-cap, 0, (netExposure - grossExposure) / 2, this.#short);
      this.#set(this.#long, this.#short, mu);
      slope.value = this.#slope(0, Infinity) + this.#slope(-Infinity, 0);
    }
    let traded = 0;
    for (let i = 0; i < this.#n; i++) traded += Math.abs(this.weights[i] - this.#held[i]);
    return traded;
  }

  /** `sum_i clip(S(v_i - lambda; p_i), low, high)`, and its derivative in lambda. */
  #sum(lambda: number, mu: number, low: number, high: number, slope: Slope): number {
    let [sum, moving] = [0, 0];
    for (let i = 0; i < this.#n; i++) {
      const p = this.#held[i];
      const x = this.#values[i] - lambda;
      const w = x > p + mu ? x - mu : x < p - mu ? x + mu : p;
      if (w <= low) sum += low;
      else if (w >= high) sum += high;
      else {
        sum += w;
        if (w !== p) moving++;
      }
    }
    slope.value = -moving;
    return sum;
  }

  /** Sets w from the thresholds of its positive and of its negative part; returns `sum |w|`. */
  #set(long: number, short: number, mu: number): number {
    let gross = 0;
    for (let i = 0; i < this.#n; i++) {
      const p = this.#held[i];
      const positive = Math.min(this.#cap, Math.max(0, towards(this.#values[i] - long, p, mu)));
      const negative = Math.max(-this.#cap, Math.min(0, towards(this.#values[i] - short, p, mu)));
      this.weights[i] = positive + negative;
      gross += positive - negative;
    }
    return gross;
  }

  /**
   * Derivative of the turnover in mu over the weights between `low` and `high` that share a multiplier: they move by
   * `-s_i + mean(s)` with `s_i = sign(w_i - p_i)`, so that their sum stays, and the turnover by `-(m - (sum s)² / m)`.
   */
  #slope(low: number, high: number): number {
    let [moving, signs] = [0, 0];
    for (let i = 0; i < this.#n; i++) {
      const w = this.weights[i];
      if (w <= low || w >= high || Math.abs(w) >= this.#cap) continue;
      const sign = Math.sign(w - this.#held[i]);
      if (sign === 0) continue;
      moving++;
      signs += sign;
    }
    return moving === 0 ? 0 : (signs * signs) / moving - moving;
  }
}

function towards(x: number, p: number, mu: number): number {
  return x > p + mu ? x - mu : x < p - mu ? x + mu : p;
}
