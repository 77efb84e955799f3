import { EmbeddedEngine, typescriptMachine } from '@ml4t/core/engine';
import { describe, expect, it } from '@jest/globals';
import {
  consecutiveWindows,
  defaultConventions,
  evaluatePortfolio,
  portfolioObjective,
  portfolioReturns,
  referenceConventions,
  type PortfolioConventions,
} from '../../src/objective/index.ts';
import { Differentiable, randomWindows, weightTensors, type Windows } from './small-windows.ts';

const engine = new EmbeddedEngine(typescriptMachine('float64'));
const objective = { annualizationFactor: 252, sharpeEps: 1e-12, softminTau: 0.2, softminLambda: 0.1, burnIn: 0 };

function batchOf({ shape, ...arrays }: Windows) {
  const [nWindows, nSteps, nAssets] = shape;
  return { nWindows, nSteps, nAssets, ...arrays };
}

const chain = (windows: Windows, on: boolean): number[] | undefined =>
  on ? Array.from({ length: windows.shape[0] }, (_, b) => Number(b > 0)) : undefined;

const each: [string, Partial<PortfolioConventions>, boolean][] = [
  ['the defaults', {}, false],
  ['the reference', referenceConventions, false],
  ['holdings as weights', { budget: 'none', turnoverPenalty: 0.001 }, false],
  ['no scaling, a burn-in', { volatilityScaling: 'none', burnIn: 3 }, false],
  ['chained windows', {}, true],
  ['the reference, chained, with a burn-in', { ...referenceConventions, burnIn: 2 }, true],
];

describe.each(each)('returns net of costs: %s', (_, changes, chained) => {
  const conventions = { ...defaultConventions, ...changes };
  const windows = randomWindows(1);
  const continues = chain(windows, chained);

  it('are the same over the vocabulary and on plain arrays', async () => {
    const found = await engine.evaluate((ops) => ({
      ...portfolioReturns(
        ops,
        { ...weightTensors(ops, windows, ops.constant(windows.weights, windows.shape)), continues },
        conventions,
      ),
    }));
    const expected = evaluatePortfolio(batchOf(windows), windows.weights, conventions, continues);
    for (const name of ['gross', 'cost', 'net', 'holdings'] as const)
      found[name].forEach((value, i) => expect(value).toBeCloseTo(expected[name][i], 14));
  });

  it('have the gradient of their finite differences', async () => {
    // Constant holdings at the end of a burn-in are a choice of the gradient, tested below.
    const learned: PortfolioConventions = { ...conventions, burnInHoldings: 'learned' };
    const loss = new Differentiable(windows.shape, (ops, weights) => {
      const { net } = portfolioReturns(ops, { ...weightTensors(ops, windows, weights), continues }, learned);
      return portfolioObjective(ops, net, { ...objective, burnIn: learned.burnIn }).objective;
    });
    // Central differences of |x| are exact away from its kink, at which none of these draws lies.
    expect(await loss.error(windows.weights)).toBeLessThan(1e-6);
  });

  it('neither read nor differentiate what lies under a false mask', async () => {
    const poisoned: Windows = { ...windows };
    for (const name of ['weights', 'forwardReturns', 'volScale'] as const)
      Object.assign(poisoned, { [name]: windows[name].map((x, i) => (windows.mask[i] ? x : Number.NaN)) });
    const loss = (on: Windows) =>
      new Differentiable(on.shape, (ops, weights) => {
        const { net } = portfolioReturns(ops, { ...weightTensors(ops, on, weights), continues }, conventions);
        return portfolioObjective(ops, net, objective).objective;
      }).at(on.weights);
    const [clean, dirty] = [await loss(windows), await loss(poisoned)];
    expect(dirty).toEqual(clean);
    clean.gradient.forEach((g, i) => windows.mask[i] || expect(g).toBe(0));
    const evaluated = evaluatePortfolio(batchOf(poisoned), poisoned.weights, conventions, continues);
    expect(evaluated).toEqual(evaluatePortfolio(batchOf(windows), windows.weights, conventions, continues));
  });
});

describe('a universe that changes', () => {
  // Two assets; the second leaves after the first step and comes back for the last.
  const windows: Windows = {
    shape: [1, 4, 2],
    mask: Uint8Array.of(1, 1, 1, 0, 1, 0, 1, 1),
    weights: Float64Array.of(1, 1, 1, 1, 1, 1, 1, 1),
    forwardReturns: new Float64Array(8),
    volScale: new Float64Array(8).fill(1),
    costs: Float64Array.of(0.01, 0.02),
    prevWeights: new Float64Array(2),
  };
  const costs = (changes: Partial<PortfolioConventions>) =>
    Array.from(
      evaluatePortfolio(batchOf(windows), windows.weights, { ...defaultConventions, gammaCost: 1, ...changes }).cost,
      (cost) => Number(cost.toFixed(12)),
    );

  it('costs the sale of what leaves, and the trade in what stays', () => {
    // Holdings: (1/2, 1/2), (1, 0), (1, 0), (1/2, 1/2).
    expect(costs({})).toEqual([0.015, 0.015, 0, 0.015]);
    expect(costs({ budget: 'none' })).toEqual([0.03, 0.02, 0, 0.02]);
  });

  it('lets assets leave for nothing under the convention of the reference', () => {
    expect(costs({ universeChanges: 'free' })).toEqual([0.015, 0, 0, 0.01]);
    expect(costs({ universeChanges: 'free', budget: 'none' })).toEqual([0.03, 0, 0, 0.02]);
  });
});

describe('volatility scaling', () => {
  const windows = randomWindows(4);
  const gross = (volatilityScaling: PortfolioConventions['volatilityScaling']) =>
    evaluatePortfolio(batchOf(windows), windows.weights, { ...defaultConventions, volatilityScaling });
  const scaledReturns = { ...windows, forwardReturns: windows.forwardReturns.map((r, i) => r * windows.volScale[i]) };

  it('scales what a position earns and what it trades; costs alone for returns that are scaled already', () => {
    const ours = gross('gross-and-costs');
    const theirs = evaluatePortfolio(batchOf(scaledReturns), windows.weights, {
      ...defaultConventions,
      volatilityScaling: 'costs',
    });
    ours.net.forEach((net, t) => expect(net).toBeCloseTo(theirs.net[t], 15));
    // On unscaled returns the two differ, in the gross return and nowhere else.
    const unscaled = gross('costs');
    expect(unscaled.cost).toEqual(ours.cost);
    expect(unscaled.gross).not.toEqual(ours.gross);
    expect(unscaled.gross).toEqual(gross('none').gross);
  });
});

describe('a burn-in', () => {
  const windows = randomWindows(2);
  const burnIn = 3;
  const gradient = async (changes: Partial<PortfolioConventions>) => {
    const conventions = { ...defaultConventions, gammaCost: 5, ...changes, burnIn };
    const loss = new Differentiable(windows.shape, (ops, weights) => {
      const { net } = portfolioReturns(ops, weightTensors(ops, windows, weights), conventions);
      return portfolioObjective(ops, net, { ...objective, burnIn }).objective;
    });
    return (await loss.at(windows.weights)).gradient;
  };
  const [, T, N] = windows.shape;
  const steps = (g: Float64Array, from: number, to: number) =>
    Math.max(
      ...Array.from(g, (x, i) => (Math.floor(i / N) % T >= from && Math.floor(i / N) % T < to ? Math.abs(x) : 0)),
    );

  it('carries no gradient, though the position at its end decides the first cost after it', async () => {
    const ours = await gradient({});
    expect(steps(ours, 0, burnIn)).toBe(0);
    expect(steps(ours, burnIn, burnIn + 1)).toBeGreaterThan(0);
  });

  it('lets the gradient pass at its last step under the convention of the reference', async () => {
    const theirs = await gradient({ burnInHoldings: 'learned' });
    expect(steps(theirs, 0, burnIn - 1)).toBe(0);
    expect(steps(theirs, burnIn - 1, burnIn)).toBeGreaterThan(0);
  });
});

describe('holdings that run on', () => {
  it('make consecutive windows cost what one long window costs', () => {
    const long = randomWindows(3, [1, 12, 4]);
    const whole = evaluatePortfolio(batchOf(long), long.weights, defaultConventions);
    const cut = { ...batchOf(long), nWindows: 3, nSteps: 4, prevWeights: long.prevWeights.slice() };
    const timestamps = Float64Array.from({ length: 12 }, (_, t) => t);
    const continues = consecutiveWindows({ nWindows: 3, nSteps: 4, timestamps });
    expect(Array.from(continues)).toEqual([0, 1, 1]);
    const prevWeights = new Float64Array(12);
    prevWeights.set(long.prevWeights);
    expect(evaluatePortfolio({ ...cut, prevWeights }, long.weights, defaultConventions, continues).net).toEqual(
      whole.net,
    );
    const separate = evaluatePortfolio({ ...cut, prevWeights }, long.weights, defaultConventions);
    expect(separate.cost[4]).not.toBe(whole.cost[4]);
  });

  it('are not assumed between windows that overlap', () => {
    const timestamps = Float64Array.of(0, 1, 2, 1, 2, 3, 4, 5, 6);
    expect(Array.from(consecutiveWindows({ nWindows: 3, nSteps: 3, timestamps }))).toEqual([0, 0, 1]);
  });
});
