import { effectiveCap, type ExposureConstraints } from './constraints.ts';

/**
 * The least `sum |w - p|` over weights with `sum w = n`, `sum |w| <= G` and `|w_i| <= c`, for holdings p; the constraints
 * themselves must be feasible.
 *
 * What lies above the cap must go. Let the rest have sum N, long sum L and short sum S. The sum must move by `d = n - N`. For d > 0
 * covering shorts comes first, because it also lowers the gross exposure. What then is too much of it is sold and covered in pairs,
 * one unit of turnover for each unit. For d < 0 likewise with the sides exchanged.
 */
export function leastTurnover(held: Float64Array, n: number, constraints: ExposureConstraints): number {
  const cap = effectiveCap(constraints);
  let [long, short, above] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const size = Math.abs(held[i]);
    above += Math.max(0, size - cap);
    if (held[i] > 0) long += Math.min(size, cap);
    else short += Math.min(size, cap);
  }
  const move = constraints.netExposure - (long - short);
  const closed = Math.min(Math.abs(move), move > 0 ? short : long);
  const gross = long + short - closed + (Math.abs(move) - closed);
  return above + Math.abs(move) + Math.max(0, gross - constraints.grossExposure);
}
