import { exceedsRounding } from '@ml4t/core/authoring';
import type { Window } from '../formula/expression.ts';
import type { AssetLayout } from '../layout.ts';
import type { MovingCoMoments } from './co-moments.ts';
import type { MovingMoments } from './moving-moments.ts';
import type { MovingTrend } from './trend.ts';
import { lag } from './shift.ts';

/** Kernels of statistics that come from moments which several functions share. */

export function sumOf({ mean, count }: MovingMoments, out: Float64Array): Float64Array {
  for (let p = 0; p < out.length; p++) out[p] = mean[p] * count[p];
  return out;
}

/** Divisor n - 1. */
export function varianceOf({ m2, count }: MovingMoments, out: Float64Array): Float64Array {
  for (let p = 0; p < out.length; p++) out[p] = count[p] < 2 ? Number.NaN : m2[p] / (count[p] - 1);
  return out;
}

export function deviationOf(moments: MovingMoments, out: Float64Array): Float64Array {
  varianceOf(moments, out);
  for (let p = 0; p < out.length; p++) out[p] = Math.sqrt(out[p]);
  return out;
}

/** G1 = sqrt(n (n - 1)) / (n - 2) m3 / m2^1.5 with central moments of divisor n; missing where nothing varies. */
export function skewnessOf({ mean, m2, m3, count }: MovingMoments): Float64Array {
  return m3.map((cubes, p) => {
    const n = count[p];
    const variance = m2[p] / n;
    if (n < 3 || !exceedsRounding(Math.sqrt(variance), Math.abs(mean[p]))) return Number.NaN;
    return ((Math.sqrt(n * (n - 1)) / (n - 2)) * (cubes / n)) / (variance * Math.sqrt(variance));
  });
}

/** G2 = (n - 1) / ((n - 2) (n - 3)) ((n + 1) g2 + 6), g2 = m4 / m2^2 - 3; missing where nothing varies. */
export function kurtosisOf({ mean, m2, m4, count }: MovingMoments): Float64Array {
  return m4.map((fourths, p) => {
    const n = count[p];
    const variance = m2[p] / n;
    if (n < 4 || !exceedsRounding(Math.sqrt(variance), Math.abs(mean[p]))) return Number.NaN;
    const excess = fourths / n / (variance * variance) - 3;
    return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * excess + 6);
  });
}

export function covarianceOf({ xy, count }: MovingCoMoments): Float64Array {
  return xy.map((product, p) => (count[p] < 2 ? Number.NaN : product / (count[p] - 1)));
}

/** Missing where either series does not vary. */
export function correlationOf({ xx, yy, xy, meanX, meanY, count }: MovingCoMoments, out: Float64Array): Float64Array {
  for (let p = 0; p < out.length; p++)
    out[p] =
      varies(xx[p], meanX[p], count[p]) && varies(yy[p], meanY[p], count[p])
        ? Math.max(-1, Math.min(1, xy[p] / Math.sqrt(xx[p] * yy[p])))
        : Number.NaN;
  return out;
}

function varies(squares: number, mean: number, count: number): boolean {
  return exceedsRounding(Math.sqrt(squares / count), Math.abs(mean));
}

/** Regression of y on x in each window: of its slope, its share of variance, and what it leaves of the latest y. */
export function regressionOf(
  name: 'slope' | 'rsquare' | 'residual',
  { xx, yy, xy, meanX, meanY, count }: MovingCoMoments,
  x: Float64Array,
  y: Float64Array,
): Float64Array {
  return xy.map((product, p) => {
    if (!varies(xx[p], meanX[p], count[p])) return Number.NaN;
    const slope = product / xx[p];
    if (name === 'slope') return slope;
    if (name === 'residual') return y[p] - meanY[p] - slope * (x[p] - meanX[p]);
    return varies(yy[p], meanY[p], count[p]) ? (slope * product) / yy[p] : Number.NaN;
  });
}

/** The same on row numbers, whose sum of squares about their mean is n (n^2 - 1) / 12. */
export function trendOf(
  name: 'slope' | 'rsquare' | 'residual',
  { mean, m2, xt, count }: MovingTrend,
  y: Float64Array,
  out: Float64Array,
): Float64Array {
  for (let p = 0; p < out.length; p++) {
    const n = count[p];
    const slope = n < 2 ? Number.NaN : xt[p] / ((n * (n * n - 1)) / 12);
    if (name === 'slope') out[p] = slope;
    else if (name === 'residual') out[p] = y[p] - mean[p] - (slope * (n - 1)) / 2;
    else out[p] = varies(m2[p], mean[p], n) ? (slope * xt[p]) / m2[p] : Number.NaN;
  }
  return out;
}

/** `delta` and `returns`. */
export function changeOf(
  name: 'delta' | 'returns',
  layout: AssetLayout,
  x: Float64Array,
  window: Window,
  out: Float64Array,
): Float64Array {
  const before = lag(layout, x, window, out);
  if (name === 'delta') for (let p = 0; p < before.length; p++) before[p] = x[p] - before[p];
  else for (let p = 0; p < before.length; p++) before[p] = before[p] === 0 ? Number.NaN : x[p] / before[p] - 1;
  return before;
}
