import { StochasticDiscountFactorState } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine, wasmMachine, type Engine } from '@ml4t/core/engine';
import { describe, expect, it } from '@jest/globals';
import { parseBetaHeadConfig } from '../../src/beta-head/config.ts';
import { betaSignals, prepareBetaHead } from '../../src/beta-head/fit.ts';
import { flat, goldenBatch, goldenSdf, largestDifference, namedArrays } from '../golden/load.ts';

const golden = goldenSdf();
const batch = goldenBatch(golden);
const state = new StochasticDiscountFactorState({
  index: batch.index,
  weights: new Float64Array(batch.nRows),
  sdfValues: flat(golden.extracted['conditional:8'].sdf),
});
const config = parseBetaHeadConfig({
  stateDim: 3,
  hiddenDim: 5,
  nEpochs: 10,
  learningRate: 0.01,
  dropout: 0,
  subEpochs: 1,
  contextScaling: 'none',
  contextTransform: 'levels',
});
const engines: [string, () => Engine, number][] = [
  ['the float64 twin', () => new EmbeddedEngine(typescriptMachine('float64')), 1e-6],
  ['the WebAssembly kernels', () => new EmbeddedEngine(wasmMachine(1)), 5e-5],
];

// As for the three phases. In float32 the loss falls to a
// tenth in ten steps, and what is left of it carries the error of the whole: 1e-5.
describe.each(engines)('the beta head of the Python reference on %s', (_, create, tolerance) => {
  it('has its losses and signals', async () => {
    const engine = create();
    const start = { initial: namedArrays(golden.beta_head.init), returnScale: 1 };
    const training = prepareBetaHead(config, { batch, state }, {}, start);
    const losses: number[] = [];
    const member = await training.train(engine, {
      seed: config.seed,
      member: 0,
      report: ({ metrics }) => void losses.push(metrics?.loss ?? 0),
    });
    const fit = training.keep([member]);
    // The reference takes it from float32 discount factors, of which 1 is subtracted: an error of 1e-7.
    expect(fit.factorScale).toBeCloseTo(golden.beta_head.f_hat_scale, 7);
    expect(losses).toHaveLength(golden.beta_head.history.length);
    golden.beta_head.history.forEach(({ train_loss }, i) => {
      expect(Math.abs(losses[i] / train_loss - 1)).toBeLessThan(tolerance);
    });
    const signals = await betaSignals(engine, config, fit, batch, 'last');
    const expected = flat(golden.beta_head.signal).filter((value) => !Number.isNaN(value));
    expect(largestDifference(signals, expected)).toBeLessThan(tolerance);
    await engine.dispose();
  });
});
