import { readFileSync } from 'node:fs';
import {
  ConfigError,
  DataError,
  InfeasibleError,
  PortfolioSequenceBatch,
  PortfolioWeightsResult,
  ShapeError,
} from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { WeightConstraintPostprocessor, type WeightConstraintConfigInput } from '../src/index.ts';
import { absoluteSum, difference, largest, sum } from './projection/rows.ts';

type Cube = number[][][];
interface Golden {
  readonly inputs: Readonly<Record<'raw' | 'constant', Cube>>;
  readonly mask: boolean[][][];
  readonly prevWeights: number[][];
  readonly cases: readonly {
    readonly input: 'raw' | 'constant';
    readonly config: {
      readonly gross_exposure?: number;
      readonly net_exposure?: number;
      readonly max_abs_weight?: number;
      readonly turnover_limit?: number;
    };
    readonly usesMask: boolean;
    readonly weights: Cube;
  }[];
}
const golden = JSON.parse(readFileSync(`${__dirname}/golden/postprocessor.json`, 'utf8')) as Golden;
const dates = ['2020-01-31', '2020-02-29', '2020-03-31', '2020-04-30', '2020-05-31', '2020-06-30'];

function goldenBatch(usesMask: boolean): PortfolioSequenceBatch {
  return new PortfolioSequenceBatch({
    features: golden.inputs.raw.map((w) => w.map((t) => t.map((x) => [x]))),
    timestamps: dates,
    prevWeights: golden.prevWeights,
    ...(usesMask ? { mask: Uint8Array.from(golden.mask.flat(2), Number) } : {}),
  });
}

/** One window whose weights are the rows given; null: the asset cannot be held there, and the score is NaN. */
function rows(
  scores: readonly (readonly (number | null)[])[],
  prevWeights?: number[],
): readonly [PortfolioSequenceBatch, PortfolioWeightsResult] {
  const flat = scores.flat();
  const batch = new PortfolioSequenceBatch({
    features: flat.map(() => 0),
    shape: [1, scores.length, scores[0].length, 1],
    mask: Uint8Array.from(flat, (x) => (x === null ? 0 : 1)),
    timestamps: dates.slice(0, scores.length),
    ...(prevWeights ? { prevWeights: [prevWeights] } : {}),
  });
  return [
    batch,
    new PortfolioWeightsResult(
      batch,
      Float64Array.from(flat, (x) => x ?? Number.NaN),
      'best',
    ),
  ];
}

function constrained(
  config: WeightConstraintConfigInput,
  scores: readonly (readonly (number | null)[])[],
  prevWeights?: number[],
): number[][] {
  const { weights } = new WeightConstraintPostprocessor(config).transform(...rows(scores, prevWeights));
  const n = scores[0].length;
  return scores.map((_, t) => Array.from(weights.subarray(t * n, (t + 1) * n)));
}

const fromReference = (config: Golden['cases'][number]['config']): WeightConstraintConfigInput => ({
  grossExposure: config.gross_exposure ?? 1,
  netExposure: config.net_exposure ?? 0,
  maxAbsWeight: config.max_abs_weight ?? null,
  turnoverLimit: config.turnover_limit ?? null,
});

describe('WeightConstraintPostprocessor and the reference', () => {
  it.each(golden.cases.filter(({ config }) => config.turnover_limit === undefined))(
    'gives its weights: $input $config, mask $usesMask',
    ({ input, config, usesMask, weights }) => {
      const batch = goldenBatch(usesMask);
      const scores = new PortfolioWeightsResult(batch, Float64Array.from(golden.inputs[input].flat(2)));
      const capped = config.max_abs_weight !== undefined;
      const ours = new WeightConstraintPostprocessor({
        ...fromReference(config),
        scaling: capped ? 'none' : 'proportional',
        // Of equal scores it makes longs and shorts; we only do where the gross exposure must be exact.
        gross: capped || input === 'constant' ? 'exact' : 'at-most',
      }).transform(batch, scores);
      expect(largest(difference(ours.weights, weights.flat(2)))).toBeLessThan(1e-10);
    },
  );

  it('differs where its turnover limit breaks the net exposure', () => {
    for (const { config, usesMask, weights } of golden.cases.filter(
      ({ config: c }) => c.turnover_limit !== undefined,
    )) {
      const batch = goldenBatch(usesMask);
      const scores = new PortfolioWeightsResult(batch, Float64Array.from(golden.inputs.raw.flat(2)));
      const limit = config.turnover_limit ?? 0;
      const ours = new WeightConstraintPostprocessor({ ...fromReference(config), turnoverPolicy: 'least' }).transform(
        batch,
        scores,
      ).weights;
      const theirs = weights.flat();
      const nets = theirs.map(sum);
      expect(largest(nets)).toBeGreaterThan(0.1);
      for (let row = 0; row < 12; row++) {
        const today = ours.subarray(9 * row, 9 * row + 9);
        const before = row % 6 === 0 ? golden.prevWeights[row / 6] : ours.subarray(9 * row - 9, 9 * row);
        expect(sum(today)).toBeCloseTo(0, 12);
        expect(absoluteSum(today)).toBeLessThan(1 + 1e-12);
        // Exits may need more than the budget (policy 'least'); without a mask nothing does.
        if (!usesMask && row % 6 > 0) expect(absoluteSum(difference(today, before))).toBeLessThan(limit + 1e-12);
      }
    }
  });
});

describe('WeightConstraintPostprocessor', () => {
  it('is the map in proportion where the cap does not bind, and stays near it where it hardly does', () => {
    const scores = [[3, 1, -1, -3]];
    expect(constrained({}, scores)[0]).toEqual([0.375, 0.125, -0.125, -0.375]);
    expect(constrained({ maxAbsWeight: 10 }, scores)[0]).toEqual([0.375, 0.125, -0.125, -0.375]);
    expect(
      largest(difference(constrained({ maxAbsWeight: 0.3749999 }, scores)[0], [0.375, 0.125, -0.125, -0.375])),
    ).toBeLessThan(2e-7);
  });

  it('does not depend on the scale of scores', () => {
    const [small] = constrained({ maxAbsWeight: 0.3 }, [[0.003, 0.001, -0.004, 0]]);
    const [large] = constrained({ maxAbsWeight: 0.3 }, [[300, 100, -400, 0]]);
    expect(largest(difference(small, large))).toBeLessThan(1e-15);
  });

  it('makes nothing of scores that are all equal', () => {
    expect(constrained({}, [[0.3, 0.3, 0.3]])[0]).toEqual([0, 0, 0]);
    expect(constrained({ netExposure: 0.6 }, [[0.3, null, 0.3]])[0]).toEqual([0.3, 0, 0.3]);
  });

  it('never reads a score that cannot be held, and gives it nothing', () => {
    expect(constrained({}, [[2, null, -2]])[0]).toEqual([0.5, 0, -0.5]);
    expect(constrained({ netExposure: 1 }, [[null, null, null]])[0]).toEqual([0, 0, 0]);
  });

  it('keeps within the budget on the way from one portfolio to the opposite, net and cap holding on every date', () => {
    const weights = constrained(
      { maxAbsWeight: 0.4, turnoverLimit: 0.3 },
      Array(6).fill([-3, -1, 1, 3]) as number[][],
      [0.375, 0.125, -0.125, -0.375],
    );
    let before = [0.375, 0.125, -0.125, -0.375];
    for (const today of weights) {
      expect(sum(today)).toBeCloseTo(0, 14);
      expect(largest(today)).toBeLessThanOrEqual(0.4);
      expect(absoluteSum(difference(today, before))).toBeCloseTo(0.3, 12);
      before = today;
    }
    // Two units of turnover are needed in all; six dates of 0.3 leave 0.2.
    expect(absoluteSum(difference(before, [-0.375, -0.125, 0.125, 0.375]))).toBeCloseTo(0.2, 12);
  });

  it('holds on a budget of zero, instead of selling everything', () => {
    expect(constrained({ turnoverLimit: 0 }, [[-3, -1, 1, 3]], [0.2, 0.1, -0.1, -0.2])[0]).toEqual([
      0.2, 0.1, -0.1, -0.2,
    ]);
  });

  it('pays for exits out of the budget', () => {
    const [today] = constrained({ turnoverLimit: 0.5 }, [[null, -1, 1, 3]], [0.2, 0.1, -0.1, -0.2]);
    expect(today[0]).toBe(0);
    expect(sum(today)).toBeCloseTo(0, 14);
    expect(0.2 + absoluteSum(difference(today.slice(1), [0.1, -0.1, -0.2]))).toBeCloseTo(0.5, 12);
  });

  it('names date and constraint where exits need more than the budget, or trades what they need and no more', () => {
    const scores = [
      [3, -1, 1, -3],
      [null, -1, 1, 3],
    ];
    const config = { turnoverLimit: 0.3 };
    const start = [0.2, 0.1, -0.1, -0.2];
    expect(() => constrained(config, scores, start)).toThrow(InfeasibleError);
    expect(() => constrained(config, scores, start)).toThrow(
      /turnoverLimit \(window 0, 2020-02-29\).*cannot be held any more.*found 0\.3/,
    );
    const [first, second] = constrained({ ...config, turnoverPolicy: 'least' }, scores, start);
    expect(sum(second)).toBeCloseTo(0, 14);
    // What was held is sold, and as much bought or covered to be neutral again.
    expect(absoluteSum(difference(second, first))).toBeCloseTo(2 * Math.abs(first[0]), 12);
  });

  it('names date and constraint where too few assets can be held', () => {
    const scores = [
      [3, 1, -1, -3],
      [null, null, 1, 3],
    ];
    expect(() => constrained({ netExposure: 1, maxAbsWeight: 0.3 }, scores)).toThrow(
      /maxAbsWeight \(window 0, 2020-02-29\): .*net exposure of 1, found 2 of at most 0\.3/,
    );
    expect(() => constrained({ gross: 'exact', maxAbsWeight: 0.3 }, scores)).toThrow(
      /maxAbsWeight \(window 0, 2020-02-29\): expected at least 4 assets for 0\.5 long and 0\.5 short/,
    );
    expect(() => constrained({ gross: 'exact' }, [[1, null]])).toThrow(/grossExposure \(window 0, 2020-01-31\)/);
    expect(constrained({ gross: 'exact', maxAbsWeight: 0.25 }, [[3, 1, -1, -3]])[0]).toEqual([
      0.25, 0.25, -0.25, -0.25,
    ]);
  });

  it('starts each window from nothing or prevWeights, or chained from where the one before ended', () => {
    const batch = new PortfolioSequenceBatch({
      features: new Array<number>(8).fill(0),
      shape: [2, 2, 2, 1],
      timestamps: [dates.slice(0, 2), dates.slice(2, 4)],
    });
    const target = new PortfolioWeightsResult(batch, Float64Array.of(1, -1, 1, -1, 1, -1, 1, -1));
    const longs = (config: WeightConstraintConfigInput): number[] =>
      Array.from(
        new WeightConstraintPostprocessor({ turnoverLimit: 0.3, ...config })
          .transform(batch, target)
          .weights.filter((_, i) => i % 2 === 0),
      );
    const near = (found: number[], expected: number[]): void => {
      expect(largest(difference(found, expected))).toBeLessThan(1e-12);
    };
    near(longs({}), [0.15, 0.3, 0.15, 0.3]);
    near(longs({ holdings: 'chained' }), [0.15, 0.3, 0.45, 0.5]);
  });

  it('passes the checkpoint on and leaves its input alone', () => {
    const [batch, weights] = rows([[3, 1, -4]]);
    const before = weights.weights.slice();
    const result = new WeightConstraintPostprocessor({ maxAbsWeight: 0.4, turnoverLimit: 0.5 }).transform(
      batch,
      weights,
    );
    expect(result.checkpoint).toBe('best');
    expect(weights.weights).toEqual(before);
  });

  it('refuses weights that are not finite, or of another batch', () => {
    const [batch, weights] = rows([[3, 1, -4]]);
    const postprocessor = new WeightConstraintPostprocessor();
    weights.weights[1] = Number.NaN;
    expect(() => postprocessor.transform(batch, weights)).toThrow(DataError);
    expect(() => postprocessor.transform(batch, weights)).toThrow(/2020-01-31, asset a1/);
    expect(() => postprocessor.transform(rows([[3, 1, -4, 0]])[0], weights)).toThrow(ShapeError);
  });

  it('refuses configurations that contradict themselves', () => {
    const make = (config: WeightConstraintConfigInput) => () => new WeightConstraintPostprocessor(config);
    expect(make({ netExposure: 1.5 })).toThrow(ConfigError);
    expect(make({ netExposure: 1.5 })).toThrow(/netExposure.*between -1 and 1/);
    expect(make({ gross: 'exact', turnoverLimit: 1 })).toThrow(/gross.*at-most/);
    expect(make({ maxAbsWeights: 1 } as WeightConstraintConfigInput)).toThrow(/maxAbsWeight/);
    expect(make({ turnoverLimit: -1 })).toThrow(ConfigError);
  });
});
