import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { Ranker } from '../metrics/average-ranks.ts';
import type { PanelFinding } from './finding.ts';
import type { SampledDate } from './sampled-panel.ts';

/** No characteristic known beforehand ranks assets so well, date after date: the best of the literature reach .1. */
const IMPLAUSIBLE_IC = 0.3;
/** The mean must also be this many standard errors from zero, so that a few small cross-sections say nothing. */
const SURE = 5;
/** Rank correlation with the size of the return that only a function of it has; volatilities reach .4. */
const FUNCTION_OF = 0.9;
const LEAST_ROWS = 5;
const LEAST_DATES = 8;

/** Words of a column that holds a later return or a label, next to a word for returns; `target` and `label` alone say it. */
const LATER = /(^|[^a-z])(fwd|forward|future|next|lead|ahead)([^a-z]|$|\d)/;
const RETURN = /(^|[^a-z])(r|ret|rets|return|returns|xret|excess|perf|performance|pnl)([^a-z]|$|\d)|^(ret|return)/;
const LABEL = /^(y|target|label|labels|y_?true|.*[^a-z](target|label))(_?\d*[dmwqy]?)$/;

/** Characteristics that know the return they are to predict, or a later one: by their numbers, else by their name. */
export function lookForLeaks(
  batch: CrossSectionBatch,
  returns: Float64Array,
  dates: readonly SampledDate[],
): readonly PanelFinding[] {
  const p = batch.nCharacteristics;
  return batch.characteristicNames.flatMap((name, j) => {
    const at = (row: number): number => batch.characteristics[row * p + j];
    const evidence = leakEvidence(dates, at, returns);
    if (evidence !== undefined)
      return {
        code: 'leak' as const,
        severity: 'warning' as const,
        columns: [name],
        evidence,
        remedy: `Exclude ${name}, or lag it to the date on which it was known; check the lag of the returns.`,
      };
    if (isLabelName(name))
      return {
        code: 'label' as const,
        severity: 'warning' as const,
        columns: [name],
        evidence: `${name} is taken as a characteristic, and named like a label or a forward return`,
        remedy: `Exclude ${name} unless it is known at the date of its row.`,
      };
    return [];
  });
}

/** Whether a column is named like a forward return or a label. */
export function isLabelName(name: string): boolean {
  // returnFwd1m and RET_FWD_1M are one name.
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[\s.-]+/g, '_');
  return (LATER.test(words) && RETURN.test(words)) || LABEL.test(words) || /(^|_)t\s*\+\s*\d/.test(words);
}

function leakEvidence(
  dates: readonly SampledDate[],
  at: (row: number) => number,
  returns: Float64Array,
): string | undefined {
  const own = byDate(dates, at, (date, i) => returns[date.rows[i]]);
  const equal = shareEqual(dates, at, returns);
  if (equal > 0.5) return `it equals the return to predict in ${(100 * equal).toFixed(1)} % of the rows`;
  if (own && isImplausible(own))
    return `its rank correlation with the return to predict is ${own.mean.toFixed(2)} on average over ${own.n} dates`;
  const later = byDate(dates, at, (date, i) => (date.next[i] < 0 ? Number.NaN : returns[date.next[i]]));
  if (later && isImplausible(later))
    return `its rank correlation with the return after the next date is ${later.mean.toFixed(2)} on average over ${later.n} dates`;
  const size = byDate(dates, at, (date, i) => Math.abs(returns[date.rows[i]]));
  if (size && Math.abs(size.mean) > FUNCTION_OF)
    return `its rank correlation with the size of the return to predict is ${size.mean.toFixed(2)} on average over ${size.n} dates`;
  return undefined;
}

interface MeanCorrelation {
  readonly mean: number;
  readonly error: number;
  readonly n: number;
}

function isImplausible({ mean, error }: MeanCorrelation): boolean {
  return Math.abs(mean) > IMPLAUSIBLE_IC && Math.abs(mean) > SURE * error;
}

/** Mean over dates of the rank correlation of a characteristic with `target`; undefined where too few dates have one. */
function byDate(
  dates: readonly SampledDate[],
  at: (row: number) => number,
  target: (date: SampledDate, i: number) => number,
): MeanCorrelation | undefined {
  const size = dates.reduce((most, { rows }) => Math.max(most, rows.length), 0);
  const ranker = new Ranker(size);
  const [x, y, rankX, rankY] = Array.from({ length: 4 }, () => new Float64Array(size));
  const correlations: number[] = [];
  for (const date of dates) {
    let n = 0;
    for (let i = 0; i < date.rows.length; i++) {
      const [a, b] = [at(date.rows[i]), target(date, i)];
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      x[n] = a;
      y[n++] = b;
    }
    if (n < LEAST_ROWS) continue;
    ranker.rankInto(rankX, x.subarray(0, n));
    ranker.rankInto(rankY, y.subarray(0, n));
    const correlation = centredCorrelation(rankX.subarray(0, n), rankY.subarray(0, n));
    if (!Number.isNaN(correlation)) correlations.push(correlation);
  }
  const n = correlations.length;
  if (n < LEAST_DATES) return undefined;
  const mean = correlations.reduce((sum, value) => sum + value, 0) / n;
  const squares = correlations.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { mean, error: Math.sqrt(squares / (n - 1) / n), n };
}

/** Correlation of two columns of ranks, whose mean is (n + 1) / 2; NaN where one does not vary. */
function centredCorrelation(x: Float64Array, y: Float64Array): number {
  const mean = (x.length + 1) / 2;
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i] - mean, y[i] - mean];
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : Number.NaN;
}

/** Share of the rows with both in which the characteristic is the return; a return of zero says nothing. */
function shareEqual(dates: readonly SampledDate[], at: (row: number) => number, returns: Float64Array): number {
  let [equal, n] = [0, 0];
  for (const { rows } of dates)
    for (const row of rows) {
      const [value, target] = [at(row), returns[row]];
      if (Number.isNaN(value) || Number.isNaN(target) || target === 0) continue;
      n++;
      if (Math.abs(value - target) <= 1e-6 * Math.abs(target)) equal++;
    }
  return n < LEAST_DATES ? 0 : equal / n;
}
