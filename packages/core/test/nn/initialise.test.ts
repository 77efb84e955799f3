import { describe, expect, it } from '@jest/globals';
import {
  attentionParameters,
  batchNormParameters,
  CounterRandom,
  initialValues,
  linearParameters,
  lstmParameters,
  normal,
  values,
  xavierUniform,
} from '../../src/nn/index.ts';

const moments = (x: ArrayLike<number>) => {
  const mean = Array.from(x).reduce((a, b) => a + b, 0) / x.length;
  return { mean, variance: Array.from(x).reduce((a, b) => a + (b - mean) ** 2, 0) / x.length };
};

describe('initial values', () => {
  it('follow PyTorch: U(-1/sqrt(fan in), 1/sqrt(fan in)) for linear and recurrent layers', () => {
    const [weight, bias] = initialValues(linearParameters('layer', 100, 50), 3);
    expect(weight).toMatchObject({ name: 'layer.weight', shape: [50, 100], state: false });
    expect(Math.max(...weight.values.map(Math.abs))).toBeLessThan(0.1);
    expect(Math.max(...weight.values.map(Math.abs))).toBeGreaterThan(0.099);
    // Variance b^2 / 3; its standard error over 5000 draws is 1.3 %: four of them.
    expect(Math.abs(moments(weight.values).variance / (0.01 / 3) - 1)).toBeLessThan(0.05);
    expect(Math.max(...bias.values.map(Math.abs))).toBeLessThan(0.1);
    for (const array of initialValues(lstmParameters('lstm', 7, 16), 3))
      expect(Math.max(...array.values.map(Math.abs))).toBeLessThan(0.25);
  });

  it('of attention follow PyTorch: Glorot over the three projections as one array, biases zero', () => {
    const arrays = initialValues(attentionParameters('attention', 24), 3);
    const bound = Math.sqrt(6 / (24 + 3 * 24));
    for (const { name, shape, values: v } of arrays) {
      const top = Math.max(...v.map(Math.abs));
      if (name.endsWith('bias')) expect(top).toBe(0);
      else {
        const expected = name === 'attention.output.weight' ? 1 / Math.sqrt(24) : bound;
        expect(shape).toEqual([24, 24]);
        expect(top).toBeLessThan(expected);
        expect(top).toBeGreaterThan(0.98 * expected);
      }
    }
  });

  it('batch norm starts as the identity, with its running moments as state', () => {
    expect(
      initialValues(batchNormParameters('norm', 2), 0).map(({ name, values: v, state }) => [name, [...v], state]),
    ).toEqual([
      ['norm.weight', [1, 1], false],
      ['norm.bias', [0, 0], false],
      ['norm.runningMean', [0, 0], true],
      ['norm.runningVariance', [1, 1], true],
    ]);
  });

  it('of one layer do not depend on the others', () => {
    const alone = initialValues(linearParameters('b', 3, 2), 9);
    const beside = initialValues({ ...linearParameters('a', 5, 5), ...linearParameters('b', 3, 2) }, 9);
    expect(beside.slice(2)).toEqual(alone);
  });

  it('normal, Xavier and given ones', () => {
    const generator = new CounterRandom(4);
    const { mean, variance } = moments(normal(2)([10000], generator));
    // Standard errors 2/100 and 4 sqrt(2)/100.
    expect(Math.abs(mean)).toBeLessThan(0.08);
    expect(Math.abs(variance - 4)).toBeLessThan(0.23);
    expect(Math.max(...xavierUniform([20, 30], generator).map(Math.abs))).toBeLessThan(Math.sqrt(6 / 50));
    expect([...values([1, 2])([2], generator)]).toEqual([1, 2]);
  });
});

describe('CounterRandom', () => {
  it('is uniform, and its permutations are', () => {
    const generator = new CounterRandom(1);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 6000; i++) {
      const [a, b, c] = generator.permutation(3);
      counts[a * 2 + (b > c ? 1 : 0)]++;
    }
    // Each of the six orders 1000 times, standard deviation 29: four of them.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(116);
    const { mean, variance } = moments(Float64Array.from({ length: 20000 }, () => generator.uniform()));
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.0082);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.0022);
  });

  it('shows no correlation from one number, or one stream, to the next', () => {
    const n = 20000;
    const x = Float64Array.from({ length: n }, (_, i) => new CounterRandom(i).uniform() - 0.5);
    const root = new CounterRandom(8);
    const y = Float64Array.from({ length: n }, () => root.uniform() - 0.5);
    for (const series of [x, y]) {
      let lagged = 0;
      for (let i = 1; i < n; i++) lagged += series[i] * series[i - 1] * 12;
      // Standard error 1 / sqrt n = .0071: four of them.
      expect(Math.abs(lagged / n)).toBeLessThan(0.0283);
    }
  });
});
