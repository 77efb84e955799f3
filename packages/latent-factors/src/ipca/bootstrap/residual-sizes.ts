/**
 * The size of residual portfolios by date, up to a common factor: standard deviations `sqrt(a / N_t + b)` of `d_t = Z'e_t / N_t`, a of what is
 * independent across assets and b of what they have in common (an omitted factor), from `|d_t|^2 = a / N_t + b + error` by least squares
 * with weights `1 / fitted^2`, iterated, a and b not negative.
 *
 * @param squares |d_t|^2 (T).
 * @param counts N_t > 0 (T).
 */
export function residualSizes(squares: ArrayLike<number>, counts: ArrayLike<number>): Float64Array {
  const nDates = squares.length;
  const fitted = new Float64Array(nDates).fill(1);
  for (let pass = 0; pass < 10; pass++) {
    const { a, b } = nonNegativeLine(squares, counts, fitted);
    if (!(a + b > 0)) return fitted.fill(1);
    for (let t = 0; t < nDates; t++) fitted[t] = a / counts[t] + b;
  }
  return fitted.map(Math.sqrt);
}

/** a, b >= 0 of `y_t = a x_t + b`, x = 1 / N_t, with weights 1 / fitted^2. */
function nonNegativeLine(
  y: ArrayLike<number>,
  counts: ArrayLike<number>,
  fitted: Float64Array,
): { readonly a: number; readonly b: number } {
  let [w, wx, wxx, wy, wxy] = [0, 0, 0, 0, 0];
  for (let t = 0; t < fitted.length; t++) {
    const weight = 1 / (fitted[t] * fitted[t]);
    const x = 1 / counts[t];
    w += weight;
    wx += weight * x;
    wxx += weight * x * x;
    wy += weight * y[t];
    wxy += weight * x * y[t];
  }
  const determinant = w * wxx - wx * wx;
  // Where N_t hardly varies the two cannot be told apart, and need not be.
  if (!(determinant > 1e-6 * w * wxx)) return { a: wxy / wxx, b: 0 };
  const a = (w * wxy - wx * wy) / determinant;
  const b = (wy - a * wx) / w;
  if (a < 0) return { a: 0, b: wy / w };
  if (b < 0) return { a: wxy / wxx, b: 0 };
  return { a, b };
}
