import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  evaluatePortfolio,
  objectiveOfReturns,
  portfolioObjective,
  portfolioReturns,
  referenceConventions,
  type PortfolioConventions,
} from '../../src/objective/index.ts';
import { Differentiable } from './small-windows.ts';

interface Case {
  readonly config: {
    readonly burn_in: number;
    readonly gamma_cost: number;
    readonly annualization_factor: number;
    readonly eps: number;
    readonly tau: number;
    readonly lambda_soft: number;
    readonly turnover_penalty: number;
    readonly uses_costs: boolean;
    readonly uses_prev_weights: boolean;
  };
  readonly loss: number;
  readonly sharpe_pool: number;
  readonly softmin_sharpe: number;
  readonly net_returns: number[][];
  readonly grad_weights: number[][][];
}

interface Golden {
  readonly weights: number[][][];
  readonly returns: number[][][];
  readonly vol_scale: number[][][];
  readonly mask: boolean[][][];
  readonly costs: number[];
  readonly prev_weights: number[][];
  readonly cases: readonly Case[];
}

const path = join(import.meta.dirname ?? __dirname, 'golden', 'portfolio-losses.json');
const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden;
const flat = (x: readonly unknown[]): Float64Array => Float64Array.from(x.flat(2) as number[]);
const shape = [4, 15, 6] as const;
const [B, T, N] = shape;
const weights = flat(golden.weights);
const arrays = {
  nWindows: B,
  nSteps: T,
  nAssets: N,
  mask: Uint8Array.from(flat(golden.mask)),
  forwardReturns: flat(golden.returns),
  volScale: flat(golden.vol_scale),
};

function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...Array.from(found, (value, i) => Math.abs(value - expected[i])));
}

describe.each(golden.cases.map((entry, i) => [i, entry] as const))('the reference loss, case %i', (_, entry) => {
  const { config } = entry;
  const conventions: PortfolioConventions = {
    ...referenceConventions,
    gammaCost: config.gamma_cost,
    turnoverPenalty: config.turnover_penalty,
    burnIn: config.burn_in,
  };
  const options = {
    annualizationFactor: config.annualization_factor,
    sharpeEps: config.eps,
    softminTau: config.tau,
    softminLambda: config.lambda_soft,
    burnIn: config.burn_in,
  };
  const prevWeights = config.uses_prev_weights ? flat(golden.prev_weights) : undefined;
  const costs = config.uses_costs ? Float64Array.from(golden.costs) : undefined;

  it('has the reference value and gradient over the vocabulary', async () => {
    const loss = new Differentiable(shape, (ops, w) => {
      const { net } = portfolioReturns(
        ops,
        {
          weights: w,
          mask: ops.constant(arrays.mask, shape),
          forwardReturns: ops.constant(arrays.forwardReturns, shape),
          volScale: ops.constant(arrays.volScale, shape),
          costs: costs && ops.constant(costs, [N]),
          prevWeights: prevWeights && ops.constant(prevWeights, [B, N]),
        },
        conventions,
      );
      return ops.scale(portfolioObjective(ops, net, options).objective, -1);
    });
    const { value, gradient } = await loss.at(weights);
    expect(Math.abs(value - entry.loss)).toBeLessThan(1e-12);
    expect(distance(gradient, flat(entry.grad_weights))).toBeLessThan(1e-12);
  });

  it('has the reference values on plain arrays', () => {
    const { net } = evaluatePortfolio({ ...arrays, costs, prevWeights }, weights, conventions);
    expect(distance(net, flat(entry.net_returns))).toBeLessThan(1e-15);
    const { objective, pooled, softMinimum } = objectiveOfReturns(net, B, options);
    expect(Math.abs(objective + entry.loss)).toBeLessThan(1e-12);
    expect(Math.abs(pooled - entry.sharpe_pool)).toBeLessThan(1e-12);
    expect(Math.abs(softMinimum - entry.softmin_sharpe)).toBeLessThan(1e-12);
  });
});
