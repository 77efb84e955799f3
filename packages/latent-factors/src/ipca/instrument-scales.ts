import { matrix, type Matrix } from '@ml4t/core/linalg';
import { triangle, type SufficientStatistics } from './sufficient-statistics.ts';

/**
 * The unit of every instrument inside the estimation (L): its root mean square over the rows that take part,
 *
 * `s_l = sqrt(sum_t w_t sum_i z_{it,l}^2 / sum_t w_t N_t)`,
 *
 * w the date's weight in the fit; 1 where the instrument is zero throughout. In these units ridges, starts, ranks and the stopping
 * rule do not know in which unit the user measures a characteristic.
 */
export function instrumentScales(statistics: SufficientStatistics, minimumRows: number): Float64Array {
  const { nInstruments: n, nDates, counts, weights } = statistics;
  const squares = new Float64Array(n);
  let rows = 0;
  for (let t = 0; t < nDates; t++) {
    if (counts[t] < minimumRows) continue;
    rows += (weights?.[t] ?? 1) * counts[t];
    let at = t * triangle(n);
    for (let i = 0; i < n; i++) {
      squares[i] += statistics.crossProducts[at];
      at += n - i;
    }
  }
  return squares.map((sum) => (sum > 0 ? Math.sqrt(sum / rows) : 1));
}

/** Gamma for instruments in units of `scales` (each divided by its scale): row l times s_l. */
export function toScaledUnits(gamma: Matrix, scales: Float64Array): Matrix {
  return matrix(
    gamma.rows,
    gamma.columns,
    gamma.data.map((value, at) => value * scales[Math.floor(at / gamma.columns)]),
  );
}

/** Gamma for instruments in the user's units: row l over s_l. The inverse of {@link toScaledUnits}. */
export function toUserUnits(gamma: Matrix, scales: Float64Array): Matrix {
  return matrix(
    gamma.rows,
    gamma.columns,
    gamma.data.map((value, at) => value / scales[Math.floor(at / gamma.columns)]),
  );
}
