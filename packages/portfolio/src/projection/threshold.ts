/**
 * The lambda at which `sum_i clip(u_i - lambda, low, high) = total`, over `u[from … to - 1]` in descending order.
 *
 * The sum falls from (to - from) high to (to - from) low, and is linear between the points where an element starts to move
 * (u_i - low) or stops (u_i - high). Both kinds of points are in the order of u, so one walk over both finds the piece, and the
 * piece is solved from the elements in it: O(N), without the rounding of the walk.
 *
 * Source: the breakpoint search for separable quadratic problems of Held, Wolfe and Crowder (1974), Mathematical Programming 6.
 */
export function clippedSumThreshold(
  u: Float64Array,
  from: number,
  to: number,
  low: number,
  high: number,
  total: number,
): number {
  // Above the largest point nothing moves: every element is at `low`.
  let moving = from; // first element that has not started
  let full = from; // first element that is not at `high`
  let sum = (to - from) * low;
  let lambda = u[from] - low;
  while (full < to) {
    const start = moving < to ? u[moving] - low : -Infinity;
    const stop = u[full] - high;
    const next = Math.max(start, stop);
    const reached = sum + (moving - full) * (lambda - next);
    if (reached >= total) break;
    sum = reached;
    lambda = next;
    if (start >= stop) moving++;
    else full++;
  }
  if (moving === full) return lambda;
  let inside = 0;
  for (let i = full; i < moving; i++) inside += u[i];
  return (inside + (full - from) * high + (to - moving) * low - total) / (moving - full);
}
