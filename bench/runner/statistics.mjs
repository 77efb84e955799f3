/** The q-quantile, linear between neighbours. */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below] + (at - below) * (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]);
}

export const median = (values) => quantile(values, 0.5);

/** Median, quartiles and extremes. */
export function spread(values) {
  return {
    median: median(values),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
    least: Math.min(...values),
    most: Math.max(...values),
    count: values.length,
  };
}

/** b of `y = a x^b`, by least squares on logarithms: how cost grows with size. */
export function exponent(sizes, costs) {
  const [x, y] = [sizes, costs].map((values) => values.map(Math.log));
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, value, i) => sum + (value - mx) * (y[i] - my), 0);
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
