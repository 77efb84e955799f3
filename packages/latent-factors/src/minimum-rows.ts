/**
 * Fewest rows with which a date takes part where K factor returns are regressed on K exposures per asset:
 *
 * `N_min = max(K, min(max(2K, K + 10), floor(median N_t / 2)))`, 1 without factors.
 *
 * The variance of such a regression is inflated by about `N / (N - K - 1)`: without bound at N = K, where the factors interpolate
 * the returns, 1.1 to 2 at `max(2K, K + 10)`. One interpolated date in ten moved a premium of .02 by .06. Panels whose dates are
 * small throughout (ten industries, say) keep those that are not small for the panel. bench/simulations/minimum-rows.mjs has
 * the evidence. IPCA uses it; it serves any model whose factor returns are cross-sectional regressions, the autoencoder's
 * `factors: 'regression'` too.
 *
 * @param counts usable rows of each training date (T); dates without any do not enter the median.
 */
export function minimumRows(k: number, counts: ArrayLike<number>): number {
  if (k === 0) return 1;
  const sizes = Array.from(counts)
    .filter((count) => count > 0)
    .sort((a, b) => a - b);
  const middle = sizes.length / 2;
  const median =
    sizes.length === 0 ? 0 : (sizes[Math.ceil(middle) - 1] + sizes[Math.min(Math.floor(middle), sizes.length - 1)]) / 2;
  return Math.max(k, Math.min(Math.max(2 * k, k + 10), Math.floor(median / 2)));
}
