import { NotIdentifiedError } from '@ml4t/core';
import { gram, matrix, multiply, symmetricEigen, type Matrix } from '@ml4t/core/linalg';
import { triangle, type SufficientStatistics } from './sufficient-statistics.ts';

/**
 * A start for Gamma_beta (L x K): the leading generalised eigenvectors of `sum_t Z'r_t r_t'Z / N_t` against `sum_t Z'Z_t`, of the
 * dates that take part, with instruments in units of `scales`, in which the rank is judged too. It is the solution when
 * Z'Z_t / N_t does not vary over time, and close to it when it varies little.
 * Throws NotIdentifiedError when the instruments have rank below K.
 */
export function initialGamma(
  statistics: SufficientStatistics,
  k: number,
  { scales, minimumRows }: { readonly scales: Float64Array; readonly minimumRows: number },
): Matrix {
  const { nInstruments: n, nDates, counts, weights } = statistics;
  const pooled = matrix(n, n);
  const managed = matrix(nDates, n);
  for (let t = 0; t < nDates; t++) {
    if (counts[t] < minimumRows) continue;
    let at = t * triangle(n);
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) {
        const value = statistics.crossProducts[at++] / (scales[i] * scales[j]);
        pooled.data[i * n + j] += value;
        if (i !== j) pooled.data[j * n + i] += value;
      }
    // The sums carry the date's weight already, so that its square root is what is left to divide by.
    const size = Math.sqrt(counts[t] * (weights?.[t] ?? 1));
    for (let i = 0; i < n; i++) managed.data[t * n + i] = statistics.instrumentReturns[t * n + i] / scales[i] / size;
  }
  const { values, vectors } = symmetricEigen(pooled);
  const rank = values.filter((value) => value > 1e-12 * values[0]).length;
  if (rank < k)
    throw new NotIdentifiedError({
      field: 'nFactors',
      expected: `at most ${rank}, the rank of the instruments`,
      found: String(k),
      remedy: 'Lower nFactors, or add characteristics that are not combinations of the others.',
    });
  const whitening = matrix(
    n,
    n,
    vectors.data.map((value, i) => (i % n < rank ? value / Math.sqrt(values[i % n]) : 0)),
  );
  const leading = symmetricEigen(gram(multiply(managed, whitening)), { leading: k });
  return multiply(whitening, leading.vectors);
}
