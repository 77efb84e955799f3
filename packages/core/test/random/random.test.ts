import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../src/errors.ts';
import { Random } from '../../src/random/random.ts';

const MASK = (1n << 64n) - 1n;

/** xoshiro256** as published, word by word on 64-bit integers: the oracle of the 32-bit implementation. */
function* publishedStream(state: readonly [bigint, bigint, bigint, bigint]): Generator<bigint, never> {
  const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (64n - k))) & MASK;
  const s = [...state];
  for (;;) {
    yield (rotate((s[1] * 5n) & MASK, 7n) * 9n) & MASK;
    const t = (s[1] << 17n) & MASK;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45n);
  }
}

/** SplitMix64 as published. */
function* splitMix(seed: bigint): Generator<bigint, never> {
  for (let x = seed; ;) {
    x = (x + 0x9e3779b97f4a7c15n) & MASK;
    let z = x;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    yield z ^ (z >> 31n);
  }
}

function take(stream: Generator<bigint, never>, n: number): bigint[] {
  return Array.from({ length: n }, () => stream.next().value);
}

function seededState(seed: bigint): [bigint, bigint, bigint, bigint] {
  const [a, b, c, d] = take(splitMix(seed), 4);
  return [a, b, c, d];
}

function moments(n: number, draw: () => number): { mean: number; variance: number; fourth: number } {
  const x = Float64Array.from({ length: n }, draw);
  const mean = x.reduce((a, b) => a + b, 0) / n;
  const power = (k: number): number => x.reduce((a, b) => a + (b - mean) ** k, 0) / n;
  return { mean, variance: power(2), fourth: power(4) };
}

describe('the integer stream', () => {
  it('has an oracle that gives the published known answers', () => {
    // From the authors' C code started at the state (1, 2, 3, 4), and SplitMix64 started at 0.
    expect(take(publishedStream([1n, 2n, 3n, 4n]), 6)).toEqual([
      11520n,
      0n,
      1509978240n,
      1215971899390074240n,
      1216172134540287360n,
      607988272756665600n,
    ]);
    expect(take(splitMix(0n), 3)).toEqual([0xe220a8397b1dcdafn, 0x6e789e6aa1b965f4n, 0x06c45d188009454fn]);
  });

  it.each([0, 1, 42, 4294967295, Number.MAX_SAFE_INTEGER])('is that of xoshiro256** for seed %d', (seed) => {
    const random = new Random(seed);
    const oracle = publishedStream(seededState(BigInt(seed)));
    for (let i = 0; i < 5000; i++) if (random.bits64() !== oracle.next().value) throw new Error(`differs at ${i}`);
  });

  it('gives the 53 leading bits as a uniform', () => {
    const random = new Random(7);
    const oracle = publishedStream(seededState(7n));
    for (let i = 0; i < 1000; i++) expect(random.uniform()).toBe(Number(oracle.next().value >> 11n) * 2 ** -53);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53, '1' as unknown as number])('refuses the seed %p', (seed) => {
    expect(() => new Random(seed)).toThrow(ConfigError);
  });
});

describe('fork', () => {
  it('depends on seed and label, not on the draws made', () => {
    const a = new Random(1);
    const b = new Random(1);
    for (let i = 0; i < 10; i++) b.normal();
    expect(a.fork('noise').bits64()).toBe(b.fork('noise').bits64());
  });

  it('gives a different stream for every label, level and type', () => {
    const root = new Random(1);
    const streams = [
      root,
      root.fork('a'),
      root.fork('b'),
      root.fork('ab'),
      root.fork('a').fork('b'),
      root.fork('b').fork('a'),
      root.fork(1),
      root.fork('1'),
      root.fork(''),
      new Random(2).fork('a'),
    ];
    expect(new Set(streams.map((stream) => stream.bits64())).size).toBe(streams.length);
  });

  it('gives streams that are not correlated', () => {
    const n = 20000;
    const root = new Random(5);
    for (const [x, y] of [
      [root.fork(0), root.fork(1)],
      [new Random(5), root.fork(0)],
    ]) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x.normal() * y.normal();
      // A mean of n products of independent standard normals has standard error 1/sqrt(n): 4.5 of them.
      expect(Math.abs(sum / n)).toBeLessThan(4.5 / Math.sqrt(n));
    }
  });
});

describe('variates', () => {
  // Every band is 4.5 standard errors of the moment in question, at n draws.
  const n = 200000;

  it('draws uniforms with the right moments, inside [0, 1)', () => {
    const random = new Random(11);
    const { mean, variance } = moments(n, () => random.uniform());
    expect(Math.abs(mean - 0.5)).toBeLessThan(4.5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4.5 * Math.sqrt(1 / 180 / n));
  });

  it('draws normals with the right moments and tails', () => {
    const random = new Random(12);
    let beyondTwo = 0;
    const { mean, variance, fourth } = moments(n, () => {
      const x = random.normal();
      if (Math.abs(x) > 1.959963984540054) beyondTwo++;
      return x;
    });
    expect(Math.abs(mean)).toBeLessThan(4.5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(4.5 * Math.sqrt(2 / n));
    expect(Math.abs(fourth - 3)).toBeLessThan(4.5 * Math.sqrt(96 / n));
    expect(Math.abs(beyondTwo / n - 0.05)).toBeLessThan(4.5 * Math.sqrt((0.05 * 0.95) / n));
  });

  it('draws Student t with five degrees of freedom', () => {
    const random = new Random(13);
    let beyond = 0;
    const { mean, variance } = moments(n, () => {
      const x = random.studentT(5);
      // The 97.5 % point of t_5.
      if (Math.abs(x) > 2.5705818356363155) beyond++;
      return x;
    });
    expect(Math.abs(mean)).toBeLessThan(4.5 * Math.sqrt(5 / 3 / n));
    // Fourth moment of t_5 is 25, so the variance of x^2 is 25 - (5/3)^2.
    expect(Math.abs(variance - 5 / 3)).toBeLessThan(4.5 * Math.sqrt((25 - 25 / 9) / n));
    expect(Math.abs(beyond / n - 0.05)).toBeLessThan(4.5 * Math.sqrt((0.05 * 0.95) / n));
  });

  it('draws Cauchy variates at one degree of freedom', () => {
    const random = new Random(14);
    let inside = 0;
    for (let i = 0; i < n; i++) if (Math.abs(random.studentT(1)) < 1) inside++;
    // The quartiles of the Cauchy distribution are -1 and 1.
    expect(Math.abs(inside / n - 0.5)).toBeLessThan(4.5 * Math.sqrt(0.25 / n));
  });

  it.each([1, 2, 3, 10, 1000])('draws integers below %d evenly', (size) => {
    const random = new Random(15);
    const counts = new Float64Array(size);
    for (let i = 0; i < n; i++) counts[random.integer(size)]++;
    const expected = n / size;
    const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // Chi-squared with size - 1 degrees of freedom: mean size - 1, variance 2 (size - 1).
    expect(Math.abs(statistic - (size - 1))).toBeLessThanOrEqual(4.5 * Math.sqrt(2 * (size - 1)));
  });

  it('draws integers beyond 32 bits', () => {
    const random = new Random(16);
    const draws = Array.from({ length: 200 }, () => random.integer(Number.MAX_SAFE_INTEGER));
    expect(draws.every((x) => Number.isSafeInteger(x) && x >= 0)).toBe(true);
    expect(Math.max(...draws)).toBeGreaterThan(2 ** 52);
    expect(new Set(draws.map((x) => x % 2)).size).toBe(2);
  });

  it('refuses sizes and degrees of freedom that make no sense', () => {
    const random = new Random(1);
    expect(() => random.integer(0)).toThrow(ConfigError);
    expect(() => random.integer(2.5)).toThrow(ConfigError);
    expect(() => random.studentT(0)).toThrow(ConfigError);
    expect(() => random.studentT(Number.NaN)).toThrow(ConfigError);
  });

  it('shuffles every permutation of three with equal frequency', () => {
    const random = new Random(17);
    const counts = new Map<string, number>();
    const draws = 60000;
    for (let i = 0; i < draws; i++) {
      const key = random.permutation(3).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values())
      expect(Math.abs(count / draws - 1 / 6)).toBeLessThan(4.5 * Math.sqrt(5 / 36 / draws));
  });

  it('shuffles in place and keeps the entries', () => {
    const items = ['a', 'b', 'c', 'd', 'e'];
    const shuffled = new Random(3).shuffle(items);
    expect(shuffled).toBe(items);
    expect([...shuffled].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
