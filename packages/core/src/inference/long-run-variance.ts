/**
 * Long-run variance, `sum_l cov(x_t, x_{t-l})` over all lags, by equal-weighted cosine transforms:
 *
 * `(1 / B) sum_{j=1..B} Lambda_j^2`, `Lambda_j = sqrt(2 / n) sum_t (x_t - mean) cos(pi j (t - 1/2) / n)`.
 *
 * Each square is about chi-squared with one degree of freedom when B is small against n over the time that dependence lasts,
 * so that a mean over its standard error is t with B degrees of freedom. That, not the estimate, is what keeps tests at
 * their size where Newey and West's weights and the normal distribution do not.
 *
 * @param values (n), in the order of time
 * @param mean of the values, or a known one
 * Source: Mueller (2004); Lazarus, Lewis, Stock and Watson (2018), equations 9 and 10.
 */
export function cosineLongRunVariance(values: ArrayLike<number>, mean: number, nCosines: number): number {
  const n = values.length;
  const cosines = cosineTable(n);
  let total = 0;
  for (let j = 1; j <= nCosines; j++) {
    let projection = 0;
    // The angle is pi j (2 t + 1) / 2 n: as many steps of pi / 2 n, taken modulo a full turn.
    for (let t = 0, at = j; t < n; t++) {
      projection += (values[t] - mean) * cosines[at];
      at += 2 * j;
      if (at >= 4 * n) at -= 4 * n;
    }
    total += projection * projection;
  }
  return (2 * total) / n / nCosines;
}

let table = new Float64Array(0);

/** cos(pi k / 2 n) for k = 0 .. 4 n - 1; kept, as a report asks for many series of one length. */
function cosineTable(n: number): Float64Array {
  if (table.length !== 4 * n) table = Float64Array.from({ length: 4 * n }, (_, k) => Math.cos((Math.PI * k) / (2 * n)));
  return table;
}

/**
 * How many cosines a series of n values bears: `floor(0.4 min(n^(2/3), n / h))`, h the number of dates that a value spans.
 *
 * The first bound is the rule of Lazarus, Lewis, Stock and Watson (2018) for dependence of a kind that is not known. The
 * second is for overlap, which is: sums over h dates have the spectrum `(sin(h w / 2) / (h w / 2))^2` of that at zero, and at
 * the frequencies up to `w = pi B / n` this falls short by `(pi h B / 2 n)^2 / 9` on average, 4 % for B = .4 n / h. 0 for fewer than 2.5 spans.
 */
export function cosineCount(n: number, horizon: number): number {
  const root = Math.cbrt(n);
  return Math.floor(0.4 * Math.min(root * root, n / horizon) + 1e-9);
}

/**
 * Long-run variance with the weights of Newey and West (1987): `sum_{|l| <= L} (1 - |l| / (L + 1)) autocovariance_l`, divisor n.
 * Positive semidefinite; too small when dependence lasts longer than L.
 */
export function bartlettLongRunVariance(values: ArrayLike<number>, mean: number, maxLags: number): number {
  const n = values.length;
  let total = 0;
  for (let lag = 0; lag <= Math.min(maxLags, n - 1); lag++) {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += (values[t] - mean) * (values[t - lag] - mean);
    total += (lag === 0 ? 1 : 2 * (1 - lag / (maxLags + 1))) * (sum / n);
  }
  return total;
}
