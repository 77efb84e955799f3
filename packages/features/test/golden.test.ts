import { describe, expect, it } from '@jest/globals';
import { PanelIndex } from '@ml4t/core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveFeatures, deriveTarget, type FeaturePanel } from '../src/index.ts';

type Grid = readonly (readonly (number | null)[])[];
interface Golden {
  readonly dates: readonly string[];
  readonly assets: readonly string[];
  readonly group: readonly string[];
  readonly close: Grid;
  readonly volume: Grid;
  readonly expected: Readonly<Record<string, Grid>>;
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'formulas.json'), 'utf8')) as Golden;

const flat = (grid: Grid): Float64Array => Float64Array.from(grid.flat(), (value) => value ?? Number.NaN);
const panel: FeaturePanel = {
  index: PanelIndex.full(
    Float64Array.from(golden.dates, (date) => Date.parse(date)),
    golden.assets,
  ),
  columns: { close: flat(golden.close), volume: flat(golden.volume) },
  groups: { sector: golden.dates.flatMap(() => golden.group) },
};

/** How each entry of the file is written as a formula. */
const formulas: Readonly<Record<string, string>> = {
  'lag(close,1)': 'lag(close, 1)',
  'close/lag(close,5)-1': 'close / lag(close, 5) - 1',
  'lag(close,21)/lag(close,252)-1 (all missing here)': 'lag(close, 21) / lag(close, 252) - 1',
  'mean(close,10)': 'mean(close, 10)',
  'sum(volume,5)': 'sum(volume, 5)',
  'std(ret,20) ddof 1': 'std(returns(close, 1), 20)',
  'var(ret,20) ddof 1': 'var(returns(close, 1), 20)',
  'min(close,10)': 'min(close, 10)',
  'max(close,10)': 'max(close, 10)',
  'median(close,11)': 'median(close, 11)',
  'quantile(close,10,0.8) linear': 'quantile(close, 10, 0.8)',
  'skew(ret,20)': 'skew(returns(close, 1), 20)',
  'kurt(ret,20) excess': 'kurt(returns(close, 1), 20)',
  'tsrank(close,10) average, 1..n over n': 'tsrank(close, 10)',
  'corr(ret,volume,20)': 'corr(returns(close, 1), volume, 20)',
  'cov(ret,volume,20) ddof 1': 'cov(returns(close, 1), volume, 20)',
  'slope(close,10) per row': 'slope(close, 10)',
  'rsquare(close,10)': 'rsquare(close, 10)',
  'ewm mean(close, span 10, adjust, gaps decay)': 'ewm(close, 10)',
  'argmax(close,10) rows since window start, 0 oldest': 'argmax(close, 10)',
  'count(close,10)': 'count(close, 10)',
  'rank(close) within date, average, (rank)/(n+1)': 'rank(close)',
  'zscore(close) within date, ddof 1': 'zscore(close)',
  'demean(ret) within date': 'demean(returns(close, 1))',
  'demean(ret) within date and group': 'demean(returns(close, 1), sector)',
  'residual of ret on [1, log(close)] within date': 'neutralize(returns(close, 1), log(close))',
};
const target = 'target: close in 5 rows over close - 1';

function assertClose(found: Float64Array, grid: Grid): void {
  const expected = flat(grid);
  let worst = 0;
  found.forEach((value, row) => {
    if (Number.isNaN(value) !== Number.isNaN(expected[row]))
      throw new Error(`row ${row}: expected ${expected[row]}, found ${value}`);
    if (!Number.isNaN(value))
      worst = Math.max(worst, Math.abs(value - expected[row]) / Math.max(1, Math.abs(expected[row])));
  });
  expect(worst).toBeLessThan(1e-10);
}

describe('formulas agree with pandas', () => {
  it('covers every entry of the file', () => {
    expect([...Object.keys(formulas), target].sort()).toEqual(Object.keys(golden.expected).sort());
  });

  it.each(Object.entries(formulas))('%s', async (name, formula) => {
    const { value } = await deriveFeatures(panel, { value: formula });
    assertClose(value, golden.expected[name]);
  });

  it(target, async () => {
    const { values, horizon } = await deriveTarget(panel, 'close[+5] / close - 1');
    expect(horizon).toBe(5);
    assertClose(values, golden.expected[target]);
  });
});
