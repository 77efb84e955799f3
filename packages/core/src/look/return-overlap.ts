import { PanelIndex } from '../batches/panel-index.ts';

/** What a panel must have to be looked at: cross-sections and persistent panels do. */
export interface PanelOfReturns {
  readonly index: PanelIndex;
  readonly returns?: Float64Array | undefined;
  readonly returnHorizon: number;
}

/** Returns that share dates with one another, more of them than is stated. */
export interface ReturnOverlap {
  /** h: dates that a return would span, were overlap the whole explanation. */
  readonly horizon: number;
  /** Autocorrelation of returns within assets at lags 1 … h (h). */
  readonly autocorrelations: readonly number[];
  /** What returns over h dates without any memory of their own have there, (h - j) / h (h). */
  readonly expected: readonly number[];
  /** Pairs of returns h dates apart that were looked at. */
  readonly pairs: number;
}

/** A year of days is the longest overlap that is in use. */
const MAX_LAG = 260;
const MAX_ASSETS = 100;
const MAX_DATES = 1500;
/** With fewer pairs an autocorrelation is known to no more than a tenth. */
const MIN_PAIRS = 100;
/** Correlation of differences h dates apart: -.5 where they overlap. A moving average with weights 1, .6 has -.4 at lag 2. */
const KINK = -0.42;
/** Correlation of differences at the lags before: 0 where they overlap, (phi - 1) / 2 at lag 1 of an autoregression. */
const FLAT = 0.15;
/** Mean distance of the autocorrelations from (h - j) / h, for each date of h and at most: short overlaps are the likeness of moving averages. */
const NEAR = [0.04, 0.25] as const;

/**
 * Whether returns overlap although the panel does not say so, and over how many dates.
 *
 * The return over h dates is a sum of h shocks, of which that of the next date shares h - 1. So its autocorrelation falls in a line,
 * `rho_j = (h - j) / h`, and its first difference is `d_t = e_{t+h} - e_t`, correlated -.5 with the difference h dates later and not at
 * all with those between. No autoregression has that kink, and no moving average short of equal weights: persistence is not
 * taken for overlap. Correlations are pooled over assets, each scaled to its own variance, with the mean of each date taken out where
 * it has five assets or more; autocorrelations are `1 - V_j / V`, with V_j the mean of half the squared differences over j dates, and V that
 * beyond lag h.
 *
 * At most 100 assets and the last 1,500 dates are looked at. Linear in rows and in the longest lag, a quarter of the dates.
 *
 * @returns undefined where returns do not overlap by more than `returnHorizon` says, or are too few to say
 * Source: Hansen and Hodrick (1980), equation 2, for the autocorrelation of overlapping returns.
 */
export function findReturnOverlap(panel: PanelOfReturns): ReturnOverlap | undefined {
  const series = seriesOfAssets(panel);
  if (!series) return undefined;
  const { values, nDates } = series;
  const maxLag = Math.min(MAX_LAG, Math.floor(nDates / 4));
  const differences = differenceCorrelations(values, nDates, maxLag);
  if (!differences) return undefined;
  let h = 1;
  for (let j = 2; j <= maxLag; j++) if (differences[j] < differences[h]) h = j;
  if (h <= panel.returnHorizon || !(differences[h] <= KINK)) return undefined;
  for (let j = 1; j < h; j++) if (!(Math.abs(differences[j]) <= FLAT)) return undefined;
  const lags = Array.from({ length: h }, (_, j) => j + 1);
  const half = (lag: number): number => halfSquaredDifference(values, nDates, lag).mean;
  // Beyond lag h differences share nothing: as many lags as there are, to know their size well.
  const beyond = Array.from({ length: Math.min(h, 12) }, (_, j) => half(h + 1 + j)).filter(Number.isFinite);
  const plateau = beyond.reduce((sum, value) => sum + value, 0) / beyond.length;
  const autocorrelations = lags.map((lag) => 1 - half(lag) / plateau);
  const expected = lags.map((lag) => (h - lag) / h);
  const distance = autocorrelations.reduce((sum, value, j) => sum + Math.abs(value - expected[j]), 0) / h;
  if (!(distance <= Math.min(NEAR[0] * h, NEAR[1]))) return undefined;
  return { horizon: h, autocorrelations, expected, pairs: halfSquaredDifference(values, nDates, h).pairs };
}

/** The overlap in words: what was seen, and what it would mean. */
export function describeOverlap({ horizon, autocorrelations, expected }: ReturnOverlap, stated: number): string {
  const lags = [1, Math.floor(horizon / 2), horizon].filter((lag, i, all) => lag >= 1 && all.indexOf(lag) === i);
  const seen = lags.map(
    (lag) => `${autocorrelations[lag - 1].toFixed(2)} at lag ${lag} (${expected[lag - 1].toFixed(2)})`,
  );
  return (
    `the autocorrelation of returns within assets falls in a line, ${seen.join(', ')}, as that of returns over ${horizon} dates ` +
    `does (in brackets); the panel says ${stated}`
  );
}

/** A note of an overlap that a batch does not state; none for what is no panel of returns. */
export function overlapNotes(batch: object): readonly string[] {
  const panel = batch as Partial<PanelOfReturns>;
  if (!(panel.index instanceof PanelIndex) || panel.returnHorizon === undefined) return [];
  const overlap = findReturnOverlap(panel as PanelOfReturns);
  if (!overlap) return [];
  return [
    `Returns seem to overlap: ${describeOverlap(overlap, panel.returnHorizon)}. State returnHorizon: ${overlap.horizon} if they do: ` +
      'forecasts use returns that are not known yet otherwise, and errors are too small.',
  ];
}

/** Returns of up to MAX_ASSETS assets (A x T) as deviations from the mean of their date, each over its own size; NaN where missing. */
function seriesOfAssets({
  index,
  returns,
}: PanelOfReturns): { readonly values: Float64Array; readonly nDates: number } | undefined {
  if (!returns || index.nDates < 8) return undefined;
  const { nAssets, rowOffsets, assetIndex } = index;
  const first = Math.max(0, index.nDates - MAX_DATES);
  const nDates = index.nDates - first;
  const counts = new Int32Array(nAssets);
  for (let row = rowOffsets[first]; row < index.nRows; row++)
    if (!Number.isNaN(returns[row])) counts[assetIndex[row]]++;
  // Those with the longest histories, in their order.
  const chosen = Array.from(counts.keys())
    .sort((a, b) => counts[b] - counts[a] || a - b)
    .slice(0, MAX_ASSETS)
    .filter((asset) => counts[asset] >= 8);
  if (chosen.length === 0) return undefined;
  const place = new Int32Array(nAssets).fill(-1);
  chosen.forEach((asset, a) => (place[asset] = a));
  const values = new Float64Array(chosen.length * nDates).fill(Number.NaN);
  for (let t = 0; t < nDates; t++) {
    const [from, to] = [rowOffsets[first + t], rowOffsets[first + t + 1]];
    let [sum, n] = [0, 0];
    for (let row = from; row < to; row++)
      if (!Number.isNaN(returns[row])) {
        sum += returns[row];
        n++;
      }
    const centre = n >= 5 ? sum / n : 0;
    for (let row = from; row < to; row++) {
      const a = place[assetIndex[row]];
      if (a >= 0) values[a * nDates + t] = returns[row] - centre;
    }
  }
  chosen.forEach((_, a) => {
    scaleToDifferences(values.subarray(a * nDates, (a + 1) * nDates));
  });
  return { values, nDates };
}

/** Divides a series by the root mean square of its differences, in place; all NaN where it never moves. */
function scaleToDifferences(series: Float64Array): void {
  let [sum, n] = [0, 0];
  for (let t = 1; t < series.length; t++) {
    const d = series[t] - series[t - 1];
    if (Number.isNaN(d)) continue;
    sum += d * d;
    n++;
  }
  const size = Math.sqrt(sum / n);
  for (let t = 0; t < series.length; t++) series[t] = size > 0 ? series[t] / size : Number.NaN;
}

/** Correlation of first differences j dates apart, for j = 0 … maxLag; undefined with too few pairs. */
function differenceCorrelations(values: Float64Array, nDates: number, maxLag: number): Float64Array | undefined {
  const differences = new Float64Array(values.length).fill(Number.NaN);
  for (let at = 1; at < values.length; at++) if (at % nDates !== 0) differences[at] = values[at] - values[at - 1];
  const correlations = new Float64Array(maxLag + 1);
  for (let lag = 0; lag <= maxLag; lag++) {
    let [sum, pairs] = [0, 0];
    for (let a = 0; a < values.length; a += nDates)
      for (let at = a + lag; at < a + nDates; at++) {
        const product = differences[at] * differences[at - lag];
        if (product - product !== 0) continue;
        sum += product;
        pairs++;
      }
    if (pairs < MIN_PAIRS) {
      if (lag <= 2) return undefined;
      correlations[lag] = 0;
    } else correlations[lag] = sum / pairs / (lag === 0 ? 1 : correlations[0]);
  }
  return correlations;
}

/** Mean of (x_{t+lag} - x_t)^2 / 2, pooled, and of how many pairs. */
function halfSquaredDifference(
  values: Float64Array,
  nDates: number,
  lag: number,
): { readonly mean: number; readonly pairs: number } {
  let [sum, pairs] = [0, 0];
  for (let a = 0; a < values.length; a += nDates)
    for (let at = a + lag; at < a + nDates; at++) {
      const d = values[at] - values[at - lag];
      if (Number.isNaN(d)) continue;
      sum += (d * d) / 2;
      pairs++;
    }
  return { mean: sum / pairs, pairs };
}
