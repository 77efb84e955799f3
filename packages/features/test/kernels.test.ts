import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deriveFeatures, formulaFunctions, type FeaturePanel } from '../src/index.ts';
import { partOf, randomPanel } from './random-panel.ts';

type Statistic = (x: readonly number[], y: readonly number[]) => number;

const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const mean = (x: readonly number[]): number => sum(x) / x.length;
const central = (x: readonly number[], power: number): number =>
  mean(x.map((value) => Math.pow(value - mean(x), power)));
const co = (x: readonly number[], y: readonly number[]): number =>
  sum(x.map((value, i) => (value - mean(x)) * (y[i] - mean(y))));
const sorted = (x: readonly number[]): number[] => [...x].sort((a, b) => a - b);
const quantile = (x: readonly number[], q: number): number => {
  const place = q * (x.length - 1);
  const [low, high] = [sorted(x)[Math.floor(place)], sorted(x)[Math.ceil(place)]];
  return low + (place - Math.floor(place)) * (high - low);
};
const time = (x: readonly number[]): number[] => x.map((_, i) => i);
const slope: Statistic = (y, x) => co(x, y) / co(x, x);
const leftOver: Statistic = (y, x) => {
  const i = y.length - 1;
  return y[i] - mean(y) - slope(y, x) * (x[i] - mean(x));
};
const rsquare: Statistic = (y, x) => (co(x, y) * co(x, y)) / (co(x, x) * co(y, y));

/** Each statistic from its definition, on the values of one window, oldest first. W stands for the window. */
const definitions: Readonly<Record<string, Statistic>> = {
  'mean(close, W)': (x) => mean(x),
  'sum(close, W)': (x) => sum(x),
  'var(close, W)': (x) => co(x, x) / (x.length - 1),
  'std(close, W)': (x) => Math.sqrt(co(x, x) / (x.length - 1)),
  'min(close, W)': (x) => Math.min(...x),
  'max(close, W)': (x) => Math.max(...x),
  'argmin(volume, W)': (_, y) => y.indexOf(Math.min(...y)),
  'argmax(volume, W)': (_, y) => y.indexOf(Math.max(...y)),
  'median(close, W)': (x) => quantile(x, 0.5),
  'quantile(close, W, 0.3)': (x) => quantile(x, 0.3),
  'tsrank(volume, W)': (_, y) => {
    const last = y[y.length - 1];
    return (y.filter((v) => v < last).length + (y.filter((v) => v === last).length + 1) / 2) / y.length;
  },
  'skew(close, W)': (x) => {
    const n = x.length;
    return ((Math.sqrt(n * (n - 1)) / (n - 2)) * central(x, 3)) / Math.pow(central(x, 2), 1.5);
  },
  'kurt(close, W)': (x) => {
    const n = x.length;
    return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * (central(x, 4) / central(x, 2) ** 2 - 3) + 6);
  },
  'cov(close, volume, W)': (x, y) => co(x, y) / (x.length - 1),
  'corr(close, volume, W)': (x, y) => co(x, y) / Math.sqrt(co(x, x) * co(y, y)),
  'slope(close, W)': (x) => slope(x, time(x)),
  'rsquare(close, W)': (x) => rsquare(x, time(x)),
  'residual(close, W)': (x) => leftOver(x, time(x)),
  'slope(close, volume, W)': (x, y) => slope(x, y),
  'rsquare(close, volume, W)': (x, y) => rsquare(x, y),
  'residual(close, volume, W)': (x, y) => leftOver(x, y),
  'wma(close, W)': (x) => sum(x.map((value, i) => value * (i + 1))) / sum(x.map((_, i) => i + 1)),
  'decay(close, W, 0.7)': (x) => {
    const weights = x.map((_, i) => Math.pow(0.7, x.length - 1 - i));
    return sum(x.map((value, i) => value * weights[i])) / sum(weights);
  },
};

/** Rows of an asset that a window which ends at `row` holds; undefined where its history is shorter. */
function windowRows(
  { index }: FeaturePanel,
  row: number,
  window: number | { readonly days: number },
): number[] | undefined {
  const dates = Array.from({ length: index.nRows }, () => 0);
  for (let t = 0; t < index.nDates; t++) dates.fill(index.timestamps[t], index.rowOffsets[t], index.rowOffsets[t + 1]);
  const own = dates.flatMap((_, r) => (r <= row && index.assetIndex[r] === index.assetIndex[row] ? [r] : []));
  if (typeof window === 'number') return own.length < window ? undefined : own.slice(-window);
  const before = dates[row] - window.days * 86_400_000;
  return dates[own[0]] <= before ? own.filter((r) => dates[r] > before) : undefined;
}

const same = (a: Float64Array, b: Float64Array): void =>
  expect(Buffer.from(a.buffer).equals(Buffer.from(b.buffer))).toBe(true);

describe('moving functions', () => {
  it('have a definition here, all of them', () => {
    const named = Object.keys(definitions).map((formula) => formula.slice(0, formula.indexOf('(')));
    // Shifts, counts and exponential weights have tests of their own and the golden file.
    const others = ['lag', 'delta', 'returns', 'count', 'ewm', 'ewmstd'];
    const moving = Object.entries(formulaFunctions).flatMap(([name, { kind }]) => (kind === 'moving' ? [name] : []));
    expect([...new Set([...named, ...others])].sort()).toEqual(moving.sort());
  });

  it.each(Object.entries(definitions))('%s is its definition, on every kind of window', async (formula, definition) => {
    const panel = randomPanel(3);
    const values = (name: 'close' | 'volume', rows: readonly number[]): number[] =>
      rows.map((row) => panel.columns[name][row]);
    // Below and above the length from which windows are put together from blocks; by rows and by the calendar.
    for (const window of [5, 8, 9, 21, { days: 7 }, { days: 30 }] as const) {
      const text = formula.replace('W', typeof window === 'number' ? String(window) : `${window.days}d`);
      const { value } = await deriveFeatures(panel, { value: text });
      let known = 0;
      value.forEach((found, row) => {
        const rows = windowRows(panel, row, window);
        const [x, y] = rows ? [values('close', rows), values('volume', rows)] : [[], []];
        const reads = formula.includes('close') ? (formula.includes('volume') ? [...x, ...y] : x) : y;
        const expected = rows && !reads.some(Number.isNaN) ? definition(x, y) : Number.NaN;
        // What does not vary has no correlation, and a window of two rows no skewness.
        if (!Number.isFinite(expected)) return expect(found).toBeNaN();
        known++;
        return expect(Math.abs(found - expected)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)));
      });
      expect(known).toBeGreaterThan(20);
    }
  });

  it('keep the digits of small moves of a large price, and of what follows a spike', async () => {
    // Moves of a ten-thousandth of a price of a million; doubles there are 1.2e-10 apart.
    const panel = randomPanel(5, { price: 1e6, move: 1e-10, missing: 0, nDates: 400, nAssets: 1 });
    const close = Array.from(panel.columns.close);
    close[50] = 1e12;
    const spiked = { ...panel, columns: { ...panel.columns, close } };
    for (const window of [20, 60]) {
      const { deviation, line } = await deriveFeatures(spiked, {
        deviation: `std(close, ${window})`,
        line: `slope(close, ${window})`,
      });
      for (let row = 50 + window; row < 400; row++) {
        // Exactly: differences from the first value of the window are exact, and so are sums of their squares to 1e-13.
        const x = close.slice(row - window + 1, row + 1).map((value) => value - close[row - window + 1]);
        expect(deviation[row] / Math.sqrt(co(x, x) / (window - 1))).toBeCloseTo(1, 9);
        const expected = slope(x, time(x));
        expect(Math.abs(line[row] - expected)).toBeLessThan(1e-9 * Math.max(1e-6, Math.abs(expected)));
      }
    }
  });

  it('give the same bits from a part of the history that holds the window, and never look ahead', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 20, max: 60 }), async (seed, from) => {
        const panel = randomPanel(seed, { nDates: 110 });
        const formulas = Object.fromEntries(
          [
            ...Object.keys(definitions),
            'lag(close, W)',
            'returns(close, W)',
            'rank(mean(close, W))',
            'demean(std(close, W), sector)',
          ].flatMap((formula, i) =>
            [12, 20].map((window) => [`f${i}_${window}`, formula.replace('W', String(window))]),
          ),
        );
        const whole = await deriveFeatures(panel, formulas);
        const past = await deriveFeatures(partOf(panel, 0, 100), formulas);
        const part = await deriveFeatures(partOf(panel, from, 110), formulas);
        const { rowOffsets } = panel.index;
        // A row is the same from either if its asset has enough rows in the part; a cross-section if all of its assets have.
        for (const name of Object.keys(formulas)) {
          same(whole[name].slice(0, rowOffsets[100]), past[name].slice());
          const [late, alone] = [
            whole[name].slice(rowOffsets[105]),
            part[name].slice(-(rowOffsets[110] - rowOffsets[105])),
          ];
          same(late, alone);
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('shifts and counts', () => {
  it('follow the rows of an asset, or the calendar', async () => {
    const panel = randomPanel(11);
    const found = await deriveFeatures(panel, {
      rows: 'lag(close, 3)',
      week: 'lag(close, 7d)',
      change: 'delta(close, 3)',
      earned: 'returns(close, 7d)',
      known: 'count(close, 6)',
    });
    const { close } = panel.columns;
    for (let row = 0; row < panel.index.nRows; row++) {
      const rows = windowRows(panel, row, 4);
      const before = rows ? close[rows[0]] : Number.NaN;
      expect(found.rows[row]).toBe(before);
      expect(found.change[row]).toBe(close[row] - before);
      const calendar = windowRows(panel, row, { days: 7 });
      // The row before the first that the window holds.
      const own = windowRows(panel, row, (calendar?.length ?? 0) + 1);
      const weekBefore = calendar && own ? close[own[0]] : Number.NaN;
      expect(found.week[row]).toBe(weekBefore);
      expect(found.earned[row]).toBe(close[row] / weekBefore - 1);
      const all = [6, 5, 4, 3, 2, 1].map((n) => windowRows(panel, row, n)).find((each) => each !== undefined) ?? [];
      expect(found.known[row]).toBe(all.filter((r) => !Number.isNaN(close[r])).length);
    }
  });

  it('look back over whole months from a month end', async () => {
    const ends = Array.from({ length: 30 }, (_, t) => Date.UTC(2019, t + 1, 0));
    const { PanelIndex } = await import('@ml4t/core');
    const panel = { index: PanelIndex.full(Float64Array.from(ends), ['a']), columns: { x: ends.map((_, t) => t) } };
    const { year, mean: average } = await deriveFeatures(panel, { year: 'lag(x, 12m)', mean: 'mean(x, 12m)' });
    for (let t = 0; t < 30; t++) {
      expect(year[t]).toBe(t < 12 ? Number.NaN : t - 12);
      expect(average[t]).toBe(t < 12 ? Number.NaN : t - 5.5);
    }
  });
});
