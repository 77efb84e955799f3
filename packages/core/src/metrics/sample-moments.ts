/** Mean and sample standard deviation; the latter NaN for fewer than two values or when all are equal. */
export function sampleMoments(values: Float64Array): { mean: number; sd: number } {
  const n = values.length;
  if (n < 2) return { mean: n === 1 ? values[0] : Number.NaN, sd: Number.NaN };
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] / n;
  let squares = 0;
  let constant = true;
  for (let i = 0; i < n; i++) {
    squares += (values[i] - mean) ** 2;
    constant &&= values[i] === values[0];
  }
  // Rounding of the mean leaves a tiny spread in equal values, and with it a huge ratio that means nothing.
  return { mean, sd: constant ? Number.NaN : Math.sqrt(squares / (n - 1)) };
}
