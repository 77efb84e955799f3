import type { CrossSectionBatch } from '../batches/cross-section.ts';
import type { PanelFinding } from './finding.ts';
import type { SampledDate } from './sampled-panel.ts';

const LEAST_PAIRS = 30;

/**
 * Characteristics that are prices or market values in levels: positive, far more spread out than they move, and growing
 * one for one with the return: log(c_{i,t+1} / c_{i,t}) = a + b r_{i,t}, with a correlation above .9 and b near 1.
 * Where one is found it tells log returns from simple ones too.
 */
export function lookForPriceLevels(
  batch: CrossSectionBatch,
  returns: Float64Array,
  dates: readonly SampledDate[],
  isRanked: boolean,
): readonly PanelFinding[] {
  const p = batch.nCharacteristics;
  const findings: PanelFinding[] = [];
  batch.characteristicNames.forEach((name, j) => {
    const growth = growthOf(dates, (row) => batch.characteristics[row * p + j], returns);
    if (!growth) return;
    findings.push({
      code: 'price-level',
      severity: 'warning',
      columns: [name],
      evidence: `${name} grows with the return of its asset (correlation ${growth.correlation.toFixed(2)}, slope ${growth.slope.toFixed(2)}): it is a price or a market value in levels`,
      remedy: isRanked
        ? `Exclude ${name} if it is adjusted for later splits and dividends: its rank then knows the future.`
        : `Exclude ${name}, or derive from it what compares across assets: momentum, the rank or the logarithm of market value.`,
    });
    if (growth.logError < 1e-6 && growth.simpleError > 1e-4)
      findings.push({
        code: 'log-returns',
        severity: 'warning',
        columns: ['returns'],
        evidence: `returns are the differences of log(${name}), not its simple returns`,
        remedy: 'Convert them: exp(r) - 1. Portfolio returns are weighted sums of simple returns.',
      });
  });
  return findings;
}

interface Growth {
  readonly correlation: number;
  readonly slope: number;
  /** Root mean squared differences of the returns from log growth and from simple growth, over their deviation. */
  readonly logError: number;
  readonly simpleError: number;
}

function growthOf(
  dates: readonly SampledDate[],
  at: (row: number) => number,
  returns: Float64Array,
): Growth | undefined {
  const [x, y, levels]: number[][] = [[], [], []];
  for (const { rows, next } of dates)
    for (let i = 0; i < rows.length; i++) {
      const level = at(rows[i]);
      // A price or a market value is positive everywhere.
      if (level <= 0) return undefined;
      if (next[i] < 0) continue;
      const grown = at(next[i]) / level;
      const earned = returns[rows[i]];
      if (!(grown > 0) || Number.isNaN(earned)) continue;
      x.push(earned);
      y.push(Math.log(grown));
      levels.push(Math.log(level));
    }
  if (x.length < LEAST_PAIRS) return undefined;
  const [mx, my, ml] = [x, y, levels].map(mean);
  let [xx, yy, xy, ll, logError, simpleError] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [a, b, c] = [x[i] - mx, y[i] - my, levels[i] - ml];
    xx += a * a;
    yy += b * b;
    xy += a * b;
    ll += c * c;
    logError += (x[i] - y[i]) * (x[i] - y[i]);
    simpleError += (x[i] - Math.expm1(y[i])) * (x[i] - Math.expm1(y[i]));
  }
  if (!(xx > 0 && yy > 0)) return undefined;
  const correlation = xy / Math.sqrt(xx * yy);
  const slope = xy / xx;
  const isLevel = correlation > 0.9 && slope > 0.7 && slope < 1.4 && ll > 9 * yy;
  return isLevel
    ? { correlation, slope, logError: Math.sqrt(logError / xx), simpleError: Math.sqrt(simpleError / xx) }
    : undefined;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
