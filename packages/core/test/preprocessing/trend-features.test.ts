import { describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  DataError,
  exAnteVolatility,
  forwardReturnsFromPrices,
  Random,
  trendFeatures,
} from '../../src/index.ts';
import { clipToTrailingMedian } from '../../src/preprocessing/trailing-clip.ts';

const nDates = 700;

/** Two assets; the second lacks some prices. */
function prices(seed: number): Float64Array {
  const random = new Random(seed);
  const out = new Float64Array(nDates * 2);
  let levels = [100, 20];
  for (let t = 0; t < nDates; t++) {
    levels = levels.map((p) => p * Math.exp(0.01 * random.normal()));
    out[2 * t] = levels[0];
    out[2 * t + 1] = t % 50 === 7 ? Number.NaN : levels[1];
  }
  return out;
}

const mean = (x: number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const deviation = (x: number[]): number => Math.sqrt(x.reduce((a, b) => a + (b - mean(x)) ** 2, 0) / (x.length - 1));
const median = (x: number[]): number => {
  const sorted = [...x].sort((a, b) => a - b);
  return (sorted[(x.length - 1) >> 1] + sorted[x.length >> 1]) / 2;
};

describe('trendFeatures', () => {
  const p = prices(1);
  const first = Array.from({ length: nDates }, (_, t) => p[2 * t]);

  it('are the features of their definitions', () => {
    const { featureNames, features } = trendFeatures(p, 2, { clip: null });
    expect(featureNames).toEqual([
      'return 1',
      'return 21',
      'return 63',
      'return 252',
      'macd 8 24',
      'macd 16 48',
      'macd 32 96',
      'z-score 21',
      'z-score 252',
    ]);
    const at = (t: number, name: string): number => features[2 * t * 9 + featureNames.indexOf(name)];
    const sigma = exAnteVolatility(forwardReturnsFromPrices(p, 2), 2, { span: 63 });
    const average = (t: number, scale: number): number => {
      let [sum, weight] = [0, 0];
      for (let s = 0; s <= t; s++) {
        sum += (1 - 1 / scale) ** (t - s) * first[s];
        weight += (1 - 1 / scale) ** (t - s);
      }
      return sum / weight;
    };
    const ratio = (t: number): number => (average(t, 16) - average(t, 48)) / deviation(first.slice(t - 62, t + 1));
    for (const t of [400, 699]) {
      expect(at(t, 'return 63')).toBeCloseTo((first[t] / first[t - 63] - 1) / (sigma[2 * t] * Math.sqrt(63)), 12);
      const ratios = Array.from({ length: 252 }, (_, k) => ratio(t - 251 + k));
      expect(at(t, 'macd 16 48')).toBeCloseTo(ratio(t) / deviation(ratios), 9);
      const logs = first.slice(t - 20, t + 1).map(Math.log);
      expect(at(t, 'z-score 21')).toBeCloseTo((Math.log(first[t]) - mean(logs)) / deviation(logs), 10);
    }
    // Windows must be full, and half of what is in them known.
    expect(at(251, 'return 252')).toBeNaN();
    expect(at(252, 'return 252')).not.toBeNaN();
    expect(at(250, 'macd 8 24')).toBeNaN();
    expect(at(251, 'macd 8 24')).not.toBeNaN();
  });

  it('do not change when the future does', () => {
    const later = p.map((price, cell) => (cell >= 2 * 500 ? price * 3 : price));
    const [now, then] = [trendFeatures(p, 2).features, trendFeatures(later, 2).features];
    expect(now.subarray(0, 500 * 18)).toEqual(then.subarray(0, 500 * 18));
    expect(now.subarray(500 * 18)).not.toEqual(then.subarray(500 * 18));
  });

  it('have no units: the level of a price does not matter', () => {
    const { features } = trendFeatures(p, 2);
    const scaled = trendFeatures(
      p.map((price) => 1000 * price),
      2,
    ).features;
    const gaps = features.map((value, i) => (Number.isNaN(value) ? 0 : Math.abs(scaled[i] / value - 1)));
    expect(Math.max(...gaps.filter((_, i) => Math.abs(features[i]) > 1e-3))).toBeLessThan(1e-8);
  });

  it('are missing where a price is, and go on after it', () => {
    const { features } = trendFeatures(p, 2);
    const ofSecond = (t: number): number[] => Array.from(features.subarray((2 * t + 1) * 9, (2 * t + 2) * 9));
    expect(ofSecond(607)).toEqual(new Array(9).fill(Number.NaN));
    // The return over one date lacks its start; the others are there.
    expect(ofSecond(608).map(Number.isNaN)).toEqual([true, ...new Array<boolean>(8).fill(false)]);
  });

  it('refuses windows that are none, and prices that are not positive', () => {
    expect(() => trendFeatures(p, 2, { horizons: [0] })).toThrow(ConfigError);
    expect(() => trendFeatures(p, 2, { zScores: [2.5] })).toThrow(/trendFeatures\.zScores/);
    expect(() => trendFeatures(Float64Array.of(1, -1), 1)).toThrow(DataError);
  });
});

describe('clipToTrailingMedian', () => {
  it('clips at the median +- k 1.4826 MAD of the last known values', () => {
    const random = new Random(3);
    const values = Float64Array.from({ length: 200 }, () => (random.uniform() < 0.1 ? Number.NaN : random.studentT(2)));
    const clipped = clipToTrailingMedian(values, 40, 2);
    let moved = 0;
    values.forEach((value, t) => {
      const known = Array.from(values.subarray(Math.max(0, t - 39), t + 1)).filter((x) => !Number.isNaN(x));
      if (Number.isNaN(value) || known.length < 21) {
        expect(clipped[t]).toBe(value);
        return;
      }
      const centre = median(known);
      const reach = 2 * 1.4826 * median(known.map((x) => Math.abs(x - centre)));
      expect(clipped[t]).toBeCloseTo(Math.min(centre + reach, Math.max(centre - reach, value)), 12);
      if (clipped[t] !== value) moved++;
    });
    expect(moved).toBeGreaterThan(10);
  });
});
